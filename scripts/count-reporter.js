import { writeFileSync } from 'node:fs'

/**
 * A Vitest reporter: writes how many tests passed and failed, as JSON, to the
 * file that `PLUS_ONE_COUNT` names. A file that does not load and an error
 * that no test caught are failures too.
 */
export default class CountReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} unhandled
   */
  onTestRunEnd (modules, unhandled) {
    const passed = modules.flatMap(module => [...module.children.allTests('passed')]).length
    const failed = modules.flatMap(module => [...module.children.allTests('failed'), ...module.errors()]).length + unhandled.length

    if (process.env.PLUS_ONE_COUNT != null) {
      writeFileSync(process.env.PLUS_ONE_COUNT, JSON.stringify({ passed, failed }))
    }
  }
}
