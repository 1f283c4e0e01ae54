import stylistic from '@stylistic/eslint-plugin'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

/**
 * The layers of docs/architecture.md, by folder of src/: what each may import
 * besides itself, libraries, and the errors, src/errors.ts.
 */
export const layers = {
  async: [],
  network: [],
  storage: [],
  codec: [],
  cpace: [],
  limits: ['async'],
  pake: ['cpace'],
  streams: ['pake', 'codec', 'async'],
  log: ['codec', 'storage', 'async'],
  sync: ['log', 'limits', 'codec', 'network', 'async'],
  invitation: ['keys', 'pake', 'cpace', 'codec', 'network'],
  rendezvous: ['pake', 'cpace', 'limits', 'codec', 'network', 'async'],
  keys: ['log', 'pake', 'cpace', 'codec', 'storage', 'async'],
  interface: ['rendezvous', 'log', 'codec', 'network', 'async'],
  admission: ['interface', 'invitation', 'rendezvous', 'keys', 'log', 'streams', 'pake', 'limits', 'codec', 'storage', 'network', 'async'],
  meeting: ['interface', 'rendezvous', 'log', 'limits', 'codec', 'storage', 'network', 'async'],
  person: ['interface', 'sync', 'keys', 'log', 'streams', 'pake', 'cpace', 'limits', 'codec', 'storage', 'network', 'async'],
  parties: ['admission', 'person', 'meeting', 'keys', 'interface', 'sync', 'log', 'streams', 'pake', 'limits', 'storage', 'network', 'async'],
  documents: ['interface'],
  testing: ['parties', 'interface', 'async'],
  react: ['interface'],
  yjs: ['documents', 'interface'],
  automerge: ['documents', 'interface'],
  elements: ['interface', 'codec', 'async']
}

/** The layer's users: they may import src/index.ts, and each stands alone. */
const faces = ['testing', 'react', 'yjs', 'automerge', 'elements']

/**
 * @param {string} layer
 * @param {string[]} below
 * @returns {import('eslint').Linter.Config}
 */
function downOnly (layer, below) {
  const others = Object.keys(layers).filter(other => other !== layer && !below.includes(other))
  const patterns = [
    { regex: `^(\\.\\./)+(${others.join('|')})/`, message: `${layer}/ knows only ${[...below, 'errors.ts'].join(', ')}: imports go down (docs/architecture.md, "Layers").` },
    { regex: '^plus-one(/|$)', message: 'Inside src/ import by a relative path.' },
    { regex: '^node:', message: 'Only cli/ is for Node alone.' }
  ]

  if (!faces.includes(layer)) {
    patterns.push({ regex: '^(\\.\\./)+index\\.js$', message: 'Only the faces import the whole.' })
  }

  if (layer !== 'react') {
    patterns.push({ regex: '^react(-dom)?(/|$)', message: 'The core does not know React.' })
  }

  return {
    files: [`src/${layer}/**/*.{ts,tsx}`],
    rules: { 'no-restricted-imports': ['error', { patterns }] }
  }
}

export default defineConfig(
  globalIgnores(['**/dist', 'api', 'coverage', '**/pb/*.ts', '**/*.pb.ts', 'test/bench/ts-mls']),

  {
    files: ['**/*.{js,ts,tsx}'],
    extends: [
      tseslint.configs.recommendedTypeChecked,
      // js-libp2p's 'standard', and our formatter: npm run format
      stylistic.configs.customize({ indent: 2, quotes: 'single', semi: false, jsx: true, commaDangle: 'never', braceStyle: '1tbs', arrowParens: false })
    ],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // promises, of which this code is full
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false }],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/require-await': 'off',

      // imports
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      'no-duplicate-imports': ['error', { allowSeparateTypeImports: true }],

      // types
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'none', ignoreRestSiblings: true }],

      // meaning
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': ['error', { destructuring: 'all' }],
      'object-shorthand': ['error', 'properties'],
      'no-console': 'error',

      // where 'standard' and the base above differ
      '@stylistic/space-before-function-paren': ['error', 'always'],
      '@stylistic/quotes': ['error', 'single', { avoidEscape: true }],
      '@stylistic/operator-linebreak': ['error', 'after', { overrides: { '?': 'before', ':': 'before', '|': 'before', '&': 'before' } }],
      '@stylistic/quote-props': ['error', 'as-needed', { unnecessary: false }],
      '@stylistic/generator-star-spacing': ['error', 'both'],
      '@stylistic/yield-star-spacing': ['error', 'both'],
      '@stylistic/member-delimiter-style': ['error', { multiline: { delimiter: 'none' }, singleline: { delimiter: 'comma', requireLast: false } }],
      '@stylistic/arrow-parens': 'off',
      '@stylistic/multiline-ternary': 'off',
      '@stylistic/max-statements-per-line': 'off',
      '@stylistic/indent-binary-ops': 'off',
      '@stylistic/type-generic-spacing': 'off',
      '@stylistic/spaced-comment': ['error', 'always']
    }
  },

  // its people read the terminal
  { files: ['cli/**', 'scripts/**', 'test/bench/**', 'test/e2e/**'], rules: { 'no-console': 'off' } },

  // the demo's components are nobody's API
  {
    files: ['demo/**'],
    rules: {
      'no-console': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@stylistic/jsx-one-expression-per-line': 'off'
    }
  },

  // the README's own words: as an app would write it
  {
    files: ['test/react/example.tsx'],
    rules: {
      'no-console': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
      '@stylistic/jsx-one-expression-per-line': 'off'
    }
  },

  // what a file of vectors has is said once, where it is made
  { files: ['test/vectors/make/**'], rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' } },

  // plain JS has its types in comments, where JSON.parse's any goes unchecked
  {
    files: ['**/*.js'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off'
    }
  },

  ...Object.entries(layers).map(([layer, below]) => downOnly(layer, below)),

  // a package of its own, which knows of the library what every app does
  {
    files: ['cli/src/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', {
        patterns: [{ regex: '^(\\.\\./)+(src|test|dist)/', message: 'The command line uses the library by its public entries: plus-one, plus-one/rendezvous/….' }]
      }]
    }
  },

  {
    files: ['src/{codec,cpace,pake,keys}/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...['Date', 'performance', 'setTimeout', 'setInterval', 'fetch', 'indexedDB', 'localStorage']
        .map(name => ({ name, message: 'codec/, cpace/ and pake/ are pure: no clock, no network, no storage (docs/architecture.md, "Layers").' }))]
    }
  }
)
