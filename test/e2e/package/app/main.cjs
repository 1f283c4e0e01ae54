// an app in CommonJS
const plusOne = require('plus-one')
const { useInvitation } = require('plus-one/react')
const { rendezvousPoints } = require('plus-one/rendezvous')
const { createNetwork } = require('plus-one/testing')

console.info(JSON.stringify([plusOne.parties, useInvitation, rendezvousPoints, createNetwork].map(value => typeof value)))
