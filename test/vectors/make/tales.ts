/** Histories as the worked examples of docs/membership-log.md tell them, by names: 'Bob.2' is a key, 'o3' the fourth op. */
import { Tale } from './tale.js'

/** Each by what it shows. */
export function tales (): Array<{ name: string, tale: Tale }> {
  return [
    told('each role, and who leaves', ['Alice'], (tale) => {
      tale.join('Alice.1', 'Bob', 'admin')
      tale.join('Bob.1', 'Carol', 'writer')
      tale.join('Bob.1', 'Dave', 'reader')
      tale.say('Alice.1', 'INFO', { name: 'Reading circle', picture: 'https://books.example/new.png' })
      tale.say('Bob.1', 'REKEY', { commitment: '0c'.repeat(32), wraps: '0d'.repeat(32) })
      tale.say('Alice.1', 'SET_ROLE', { person: 'Dave', role: 'owner' })
      tale.say('Carol.1', 'LEAVE', {})
      tale.say('Dave.1', 'REMOVE', { person: 'Bob' })
    }),
    told('a removal concurrent to an admission by the removed, and READOPT', ['Alice'], (tale) => {
      const joined = tale.join('Alice.1', 'Bob', 'admin')
      const removal = tale.remove('Alice.1', 'Bob')
      const admit = tale.join('Bob.1', 'Carol', 'writer', [joined])
      tale.join('Bob.1', 'Eve', 'reader')
      tale.say('Alice.1', 'READOPT', { admit }, [removal, admit])
    }),
    told('what is back-dated to before somebody joined cannot name them', ['Alice'], (tale) => {
      const joined = tale.join('Alice.1', 'Bob', 'admin')
      tale.remove('Alice.1', 'Bob')
      tale.join('Alice.1', 'Carol', 'writer')
      tale.refuse('Bob.1', 'REMOVE', { person: 'Carol' }, [joined])
      tale.refuse('Bob.1', 'SET_ROLE', { person: 'Carol', role: 'reader' }, [joined])
    }),
    told('two admins, promoted apart, remove each other', ['Alice', 'Anna'], (tale) => {
      tale.join('Alice.1', 'Bob', 'writer')
      const start = tale.join('Anna.1', 'Carol', 'writer')
      const bobUp = tale.setRole('Alice.1', 'Bob', 'admin', [start])
      const carolUp = tale.setRole('Anna.1', 'Carol', 'admin', [start])
      tale.remove('Bob.1', 'Carol', [bobUp])
      tale.remove('Carol.1', 'Bob', [carolUp])
    }),
    told('promotion concurrent to demotion', ['Alice', 'Anna'], (tale) => {
      const joined = tale.join('Alice.1', 'Bob', 'writer')
      tale.setRole('Alice.1', 'Bob', 'reader', [joined])
      const up = tale.setRole('Anna.1', 'Bob', 'admin', [joined])
      tale.join('Bob.1', 'Carol', 'reader', [up])
    }),
    told('who is above said otherwise: the person is not below the author', ['Alice'], (tale) => {
      tale.join('Alice.1', 'Bob', 'owner')
      tale.join('Alice.1', 'Dave', 'admin')
      tale.join('Alice.1', 'Carol', 'writer')
      const up = tale.setRole('Alice.1', 'Carol', 'admin')
      tale.setRole('Bob.1', 'Carol', 'writer')
      tale.remove('Dave.1', 'Carol')
      tale.remove('Alice.1', 'Bob', [up])
    }),
    told('two LEAVEs, a readmission that saw one of them, an INVITE that merges', ['Alice'], (tale) => {
      const joined = tale.join('Alice.1', 'Bob', 'writer')
      const other = tale.invite('Alice.1', 'reader')
      const leaves = [joined, other].map(on => tale.say('Bob.1', 'LEAVE', {}, [on]))
      const back = tale.join('Alice.1', 'Bob', 'reader', [leaves[0]!])
      const again = tale.invite('Alice.1', 'writer', [back, leaves[1]!, other])
      tale.say('Alice.1', 'ADMIT', { ...tale.admissionOf(again, 'Bob'), after: 1 }, [again])
      tale.say('Alice.1', 'ADMIT', { ...tale.admissionOf(again, 'Bob'), after: 2 }, [again])
    }),
    told('an admission that hangs on a void one, and two READOPTs', ['Alice', 'Anna'], (tale) => {
      const invite = tale.invite('Alice.1', 'admin')
      const revoke = tale.revoke('Anna.1', invite, [invite])
      const bobs = tale.admit('Alice.1', invite, 'Bob', [invite])
      const carols = tale.join('Bob.1', 'Carol', 'writer')
      tale.join('Bob.1', 'Dave', 'writer', [bobs])
      tale.say('Alice.1', 'READOPT', { admit: bobs }, [revoke, carols])
      tale.say('Alice.1', 'READOPT', { admit: carols })
    }),
    told('an INVITE that is void: a laptop signed it that was unlinked', ['Alice'], (tale) => {
      tale.join('Alice.1', 'Carol', 'writer')
      tale.join('Alice.1', 'Bob', 'admin')
      const linked = tale.link('Bob.1', 'Bob.2')
      const invite = tale.invite('Bob.2', 'writer', undefined, { hosts: ['Carol'] })
      tale.unlink('Bob.1', 'Bob.2', [linked])
      tale.admit('Carol.1', invite, 'Dave', [invite])
    }),
    told('a fork that spends one use twice', ['Alice'], (tale) => {
      tale.join('Alice.1', 'Bob', 'admin')
      const invite = tale.invite('Bob.1', 'writer')
      tale.admit('Bob.1', invite, 'Carol')
      tale.setRole('Alice.1', 'Carol', 'admin')
      tale.join('Carol.1', 'Dave', 'writer')
      tale.admit('Bob.1', invite, 'Eve', [invite])
    }),
    told('owners whom owners made', ['Alice'], (tale) => {
      tale.join('Alice.1', 'Bob', 'owner')
      tale.join('Bob.1', 'Carol', 'owner')
      const start = tale.join('Carol.1', 'Dave', 'owner')
      tale.refuse('Carol.1', 'REMOVE', { person: 'Bob' })
      tale.remove('Alice.1', 'Bob')
      tale.join('Bob.1', 'Eve', 'owner', [start])
      tale.remove('Carol.1', 'Dave', [start])
    }),
    told('the keys of a person: a phone unlinks a laptop, and the words a phone', ['Alice'], (tale) => {
      tale.join('Alice.1', 'Bob', 'admin')
      tale.link('Bob.1', 'Bob.2')
      const seen = tale.join('Bob.2', 'Carol', 'writer')
      tale.join('Bob.2', 'Dave', 'writer')
      const unlink = tale.unlink('Bob.1', 'Bob.2', [seen])
      tale.refuse('Bob.1', 'LINK', { key: 'Bob.2' })
      const theft = tale.join('Bob.1', 'Eve', 'reader', [unlink])
      tale.unlink('Bob.words', 'Bob.1', [unlink])
      tale.link('Bob.words', 'Bob.3')
      tale.refuse('Bob.1', 'UNLINK', { key: 'Bob.3' }, [tale.last, theft])
    }),
    told('a host, its uses, and a REVOKE', ['Alice'], (tale) => {
      tale.join('Alice.1', 'Bob', 'writer')
      const invite = tale.invite('Alice.1', 'writer', undefined, { hosts: ['Bob'] })
      tale.admit('Alice.1', invite, 'Carol', [invite])
      tale.admit('Bob.1', invite, 'Dave', [invite])
      tale.admit('Bob.1', invite, 'Eve', [invite])
      const other = tale.invite('Alice.1', 'reader', [invite], { hosts: ['Bob'] })
      tale.revoke('Alice.1', other, [other])
      tale.admit('Bob.1', other, 'Frank', [other])
    }),
    told('a contact that is forked for two', ['Alice'], (tale) => {
      tale.join('Alice.1', 'Bob', 'owner', ['o0'])
      tale.join('Alice.1', 'Carol', 'owner', ['o0'])
      tale.refuse('Alice.1', 'INVITE', tale.inviteTo('owner'), ['o2', 'o4'])
    }, 'contact'),
    told('a home, whose devices are linked by words and by invitation', ['Home'], (tale) => {
      tale.say('Alice.words', 'LINK', { key: 'Alice.1' }, undefined, 'Home')
      const invite = tale.say('Alice.1', 'INVITE', tale.inviteTo('owner'), undefined, 'Home')
      tale.refuse('Alice.1', 'ADMIT', tale.admissionOf(invite, 'Bob'), undefined, 'Home')
      tale.say('Alice.1', 'LINK', { key: 'Alice.2', invite }, undefined, 'Home')
      tale.refuse('Alice.1', 'LINK', { key: 'Alice.3', invite }, undefined, 'Home')
      tale.say('Alice.1', 'UNLINK', { key: 'Alice.2' }, undefined, 'Home')
    }, 'person')
  ]
}

function told (name: string, owners: string[], tell: (tale: Tale) => void, kind: ConstructorParameters<typeof Tale>[1] = 'group'): { name: string, tale: Tale } {
  const tale = new Tale(owners, kind)
  tell(tale)

  return { name, tale }
}
