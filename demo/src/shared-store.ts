/** Where IndexedDB keeps what a party shares on this device: records in their order, which the provider seals. */
import type { YjsStore } from 'plus-one/yjs'

const RECORDS = 'records'

export function storeOf (database: string): YjsStore {
  return {
    load: async () => within<Uint8Array[]>(database, 'readonly', records => records.getAll() as IDBRequest<Uint8Array[]>),
    append: async (record) => { await within(database, 'readwrite', records => records.add(record)) },
    replace: async (record) => {
      await within(database, 'readwrite', (records) => {
        records.clear()

        return records.add(record)
      })
    }
  }
}

/** Opened for each call: so another tab may have it, or delete it, at any moment. */
async function within <T> (database: string, mode: IDBTransactionMode, work: (records: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opening = indexedDB.open(database)
  opening.onupgradeneeded = () => { opening.result.createObjectStore(RECORDS, { autoIncrement: true }) }
  const opened = await new Promise<IDBDatabase>((resolve, reject) => {
    opening.onsuccess = () => { resolve(opening.result) }
    opening.onerror = () => { reject(opening.error ?? new DOMException('The database does not open', 'UnknownError')) }
  })

  try {
    const transaction = opened.transaction(RECORDS, mode)
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const request = work(transaction.objectStore(RECORDS))
    transaction.oncomplete = () => { resolve(request.result) }
    transaction.onabort = () => { reject(transaction.error ?? new DOMException('It was not written', 'AbortError')) }

    return await promise
  } finally {
    opened.close()
  }
}
