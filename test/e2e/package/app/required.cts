// TypeScript in CommonJS: require of ES modules, as Node has it
import plusOne = require('plus-one')
import rendezvous = require('plus-one/rendezvous')

export = plusOne.parties({ rendezvous: [rendezvous.rendezvousPoints()] })
