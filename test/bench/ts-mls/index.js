/** MLS (RFC 9420) by ts-mls: a group as the bench of the party's key compares itself with. */
import { createCommit, createGroup, defaultCapabilities, defaultLifetime, emptyPskIndex, encodeMlsMessage, generateKeyPackage, getCiphersuiteFromName, getCiphersuiteImpl, joinGroup } from 'ts-mls'

/** The suite that is nearest to the party's key: X25519, Ed25519, SHA-256; WebCrypto alone. */
const SUITE = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'

/**
 * A group of so many, all of whom its creator added at once: none of them has committed anything.
 *
 * @param {number} size
 * @returns {Promise<{ remove: () => Promise<number>, join: () => Promise<number> }>}
 */
export async function groupOf (size) {
  const suite = await getCiphersuiteImpl(getCiphersuiteFromName(SUITE))
  const newPackage = async name => generateKeyPackage({ credentialType: 'basic', identity: new TextEncoder().encode(name) }, defaultCapabilities(), defaultLifetime, [], suite)
  const creator = await newPackage('creator')
  const begun = await createGroup(new TextEncoder().encode('a group'), creator.publicPackage, creator.privatePackage, [], suite)
  const packages = await Promise.all(Array.from({ length: size - 1 }, async (_, nth) => newPackage(`member ${nth}`)))
  const { newState: state } = await createCommit({ state: begun, cipherSuite: suite }, {
    extraProposals: packages.map(({ publicPackage: keyPackage }) => ({ proposalType: 'add', add: { keyPackage } }))
  })
  const newcomer = await newPackage('newcomer')

  return {
    /** The creator removes the newest. Gives the bytes of the commit. */
    async remove () {
      const { commit } = await createCommit({ state, cipherSuite: suite }, { extraProposals: [{ proposalType: 'remove', remove: { removed: size - 1 } }] })

      return encodeMlsMessage(commit).length
    },
    /** The creator adds one more, who joins by the welcome. Gives its bytes. */
    async join () {
      const { welcome } = await createCommit({ state, cipherSuite: suite }, { extraProposals: [{ proposalType: 'add', add: { keyPackage: newcomer.publicPackage } }], ratchetTreeExtension: true })
      await joinGroup(welcome, newcomer.publicPackage, newcomer.privatePackage, emptyPskIndex, suite)

      return encodeMlsMessage({ wireformat: 'mls_welcome', version: 'mls10', welcome }).length
    }
  }
}
