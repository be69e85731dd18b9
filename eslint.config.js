import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The rooms of src/ in the order in which data flows: a room imports only from rooms above it.
 * docs/architecture.md says what each is for.
 */
const rooms = [
  'files',
  'keys',
  'onnx',
  'devices',
  'ops',
  'network',
  'geometry',
  'alignment',
  'velocity',
  'flow',
  'novelty',
  'plots',
  'training',
  'data',
  'zoo',
  'flows',
  'formats',
  'sampling',
  'pool',
  'likelihood',
  'evaluation',
  'workflows',
  'experiments',
  'cli',
];

// The last room, cli/, may import from all of them and start the server.
const importDirection = rooms.slice(0, -1).map((room, index) => ({
  files: [`src/${room}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: rooms
              .slice(index + 1)
              .flatMap((later) => [`../${later}/*`, `../../${later}/*`])
              .concat(['**/server/*']),
            message: `src/${room} imports only from rooms above it: see docs/architecture.md.`,
          },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', 'runs/', 'data/'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ['eslint.config.js'] } },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      // It asks for the assertion that the rule above forbids; kernels write `(a[i] as number)`.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      eqeqeq: 'error',
    },
  },
  ...importDirection,
  {
    files: ['server/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '/src/(?!index\\.js$)',
              message: 'server/ imports only the serving entry, src/index.ts.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['tests/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-properties': [
        'error',
        ...['skipIf', 'runIf'].map((property) => ({
          property,
          message: 'A skipped test says why: needs(reason) of tests/support/needs.ts.',
        })),
      ],
    },
  },
  {
    files: ['eslint.config.js', 'scripts/**/*.js', 'tests/**/*.js', 'examples/**/*.mjs'],
    ...tseslint.configs.disableTypeChecked,
  },
  {
    // Programs of users, for Node.
    files: ['examples/**/*.mjs'],
    languageOptions: { globals: { Buffer: 'readonly', console: 'readonly' } },
  },
);
