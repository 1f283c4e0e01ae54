import { describe, expect, it } from 'vitest'
import * as errors from '../src/errors.js'

describe('The errors', () => {
  const classes = Object.entries(errors).filter(([name]) => name !== 'PlusOneError')

  // every class is made with its default message; WrongPinError needs its count
  const instances = classes.map(([name, Class]) => ({
    name,
    Class,
    error: new (Class as unknown as new (...args: unknown[]) => errors.PlusOneError)(...(name === 'WrongPinError' ? [2] : []))
  }))

  it.each(instances)('$name carries its own name, on the class and on what is thrown', ({ name, Class, error }) => {
    expect(Class.name).toBe(name)
    expect(error.name).toBe(name)
    expect(error).toBeInstanceOf(errors.PlusOneError)
  })

  it.each(instances)('$name has the code that its name spells', ({ name, error }) => {
    const words = name.replace(/Error$/, '').replace(/(?<=[a-z])(?=[A-Z])/g, '_')
    expect(error.code).toBe(`ERR_${words.toUpperCase()}`)
  })

  it('have codes of their own, so that a script can tell them apart', () => {
    const codes = instances.map(({ error }) => error.code)
    expect(new Set(codes).size).toBe(codes.length)
  })

  it.each(instances)('$name says something in plain words', ({ error }) => {
    expect(error.message).toMatch(/^[A-Z].{15,}/)
  })

  it('tells Bob how many PINs he may still try', () => {
    expect(new errors.WrongPinError(2).attemptsLeft).toBe(2)
    expect(new errors.WrongPinError(2).message).toContain('2 attempts left')
    expect(new errors.WrongPinError(1).message).toContain('1 attempt left')
  })
})
