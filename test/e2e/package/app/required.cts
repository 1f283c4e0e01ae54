// TypeScript in CommonJS: require of ES modules, as Node has it
import plusOne = require('plus-one')
import rendezvous = require('plus-one/rendezvous')
import protocol = require('plus-one/rendezvous/protocol')
import words = require('plus-one/rendezvous/words')

export = [plusOne.parties({ rendezvous: [rendezvous.rendezvousPoints()] }), protocol.rendezvousServer(), words.completeWord('abando')]
