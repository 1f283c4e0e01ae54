/** Protobuf as docs/wire.md, "Encodings" has it: a message by its fields' numbers. What is missing has its type's zero, what is not known is passed over. */
import { concat, must, Reader, utf8, varint } from './bytes.js'

export type Type = 'bytes' | 'text' | 'number' | 'bool' | Schema

/** Name (`?` behind it: it may be missing) and type; `[type]`: it may come several times. */
export type FieldType = readonly [name: string, type: Type | readonly [Type]]

/** By field number. */
export interface Schema {
  [field: number]: FieldType
}

export type Field = Uint8Array | string | number | boolean | undefined | Message | Field[]

export interface Message {
  [name: string]: Field
}

const WIRE = { varint: 0, bytes: 2 } as const

export function decode (schema: Schema, bytes: Uint8Array): Message {
  const reader = new Reader(bytes)
  const message: Message = {}

  for (const [, [name, type]] of fieldsOf(schema)) {
    message[nameOf(name)] = isMany(type) ? [] : name.endsWith('?') || typeof type === 'object' ? undefined : zeroOf(type)
  }

  while (reader.left > 0) {
    const tag = Number(reader.varint())
    const [name, type] = schema[tag >> 3] ?? []
    const wire = tag & 7
    must(wire === WIRE.varint || wire === WIRE.bytes, `wire type ${wire}`)
    const raw = wire === WIRE.varint ? reader.varint() : reader.take(Number(reader.varint()))

    if (name != null && type != null) {
      const before = message[nameOf(name)]
      message[nameOf(name)] = isMany(type) ? [...before as Field[], valueOf(type[0], raw)] : valueOf(type, raw)
    }
  }

  return message
}

function fieldsOf (schema: Schema): Array<[string, FieldType]> {
  return Object.entries(schema) as Array<[string, FieldType]>
}

function isMany (type: Type | readonly [Type]): type is readonly [Type] {
  return Array.isArray(type)
}

function valueOf (type: Type, raw: bigint | Uint8Array): Field {
  must((typeof raw === 'bigint') === (type === 'number' || type === 'bool'), 'a field of another wire type')

  switch (type) {
    case 'number': return Number(raw)
    case 'bool': return raw !== 0n
    case 'bytes': return raw as Uint8Array
    case 'text': return new TextDecoder('utf-8', { fatal: true }).decode(raw as Uint8Array)
    default: return decode(type, raw as Uint8Array)
  }
}

function zeroOf (type: Type): Field {
  return type === 'bytes' ? new Uint8Array() : type === 'text' ? '' : type === 'bool' ? false : 0
}

function nameOf (name: string): string {
  return name.replace('?', '')
}

/** The bytes as plus-one writes them: fields by number, what is zero left out, but where it may be missing. */
export function encode (schema: Schema, message: Message): Uint8Array {
  return concat(...fieldsOf(schema).flatMap(([number, [name, type]]) => {
    const value = message[nameOf(name)]
    const values = isMany(type) ? value as Field[] : isZero(value) && !(name.endsWith('?') && value != null) ? [] : [value]

    return values.map(one => encodeField(Number(number), isMany(type) ? type[0] : type, one))
  }))
}

function encodeField (number: number, type: Type, value: Field): Uint8Array {
  if (type === 'number' || type === 'bool') {
    return concat(varint(number * 8 + WIRE.varint), varint(Number(value)))
  }

  const bytes = type === 'bytes' ? value as Uint8Array : type === 'text' ? utf8(value as string) : encode(type, value as Message)

  return concat(varint(number * 8 + WIRE.bytes), varint(bytes.length), bytes)
}

function isZero (value: Field): boolean {
  return value == null || value === 0 || value === false || value === '' || (value instanceof Uint8Array && value.length === 0)
}

/** A field's bytes, so many where that is said. */
export function bytesOf (message: Message, name: string, ...lengths: number[]): Uint8Array {
  const value = message[name]
  must(value instanceof Uint8Array && (lengths.length === 0 || lengths.includes(value.length)), `${name} has not ${lengths.join(' or ')} bytes`)

  return value
}

export function messageOf (message: Message, name: string): Message {
  const value = message[name]
  must(typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array), `${name} is missing`)

  return value
}

export function listOf (message: Message, name: string): Field[] {
  return message[name] as Field[]
}
