// Which module may import what. `npm run check` fails where a file imports anything else.

/**
 * For each folder or file of src: what it may import of the others. The lowest comes first, and a row may name only rows above it, so that
 * modules cannot depend on each other in a circle. A file named beside its folder may be imported without the rest of the folder.
 */
const modules = {
  gen: [],
  time: [],
  'short-lived-set': [],
  version: [],
  config: [],
  errors: ['gen', 'time'],
  'telemetry/observer': ['errors'],
  'telemetry/tracing': ['telemetry/observer'],
  telemetry: ['errors', 'config', 'time'],
  access: ['errors', 'config', 'gen', 'time'],
  calls: ['access', 'errors', 'telemetry/observer', 'telemetry/tracing', 'config', 'short-lived-set', 'time'],
  network: ['errors', 'telemetry/observer', 'config', 'time'],
  grpc: ['network', 'calls', 'access', 'errors', 'telemetry/observer', 'config', 'gen', 'short-lived-set', 'time'],
  http: ['network', 'calls', 'access', 'errors', 'telemetry/observer', 'telemetry/tracing', 'config', 'gen', 'time'],
  database: ['errors', 'telemetry/observer', 'telemetry/tracing', 'config', 'time'],
  messaging: ['config', 'time'],
  addresses: ['errors', 'config', 'gen'],
  contacts: ['addresses', 'calls', 'database', 'errors', 'config', 'gen', 'time'],
  verification: [
    'contacts',
    'addresses',
    'calls',
    'database',
    'errors',
    'messaging',
    'telemetry/observer',
    'telemetry/tracing',
    'config',
    'gen',
    'time',
  ],
  lifecycle: ['config', 'time'],
  settings: ['[a-z]+/settings', 'config', 'lifecycle'],
  features: [
    'contacts',
    'verification',
    'database',
    'messaging',
    'telemetry/observer',
    'telemetry/tracing',
    'lifecycle',
    'settings',
  ],
  app: ['.+'],
  run: ['app', 'http/pages', 'settings', 'config', 'telemetry', 'lifecycle'],
  cli: [
    'run',
    'app',
    'settings',
    'access',
    'database',
    'telemetry',
    'grpc/health-question',
    'grpc/settings',
    'network/settings',
    'config',
    'version',
  ],
  main: ['cli'],
}

/** Where each package may be imported; one that is not listed may not be imported at all. */
const packages = {
  '@bufbuild/protobuf': ['gen', 'errors', 'access', 'calls', 'grpc', 'http', 'contacts', 'verification'],
  '@connectrpc/connect': ['http'],
  '@grpc/grpc-js': ['grpc'],
  '@grpc/reflection': ['grpc'],
  '@opentelemetry/(api|core)': ['telemetry'],
  '@opentelemetry/(exporter-trace-otlp-proto|resources|sdk-trace-base)': ['telemetry/trace-export'],
  'grpc-health-check': ['grpc'],
  'libphonenumber-js': ['addresses'],
  jose: ['access'],
  mongodb: ['database', 'contacts/store'],
  nanoid: ['features'],
  nodemailer: ['messaging/smtp'],
  pino: ['telemetry'],
  'pino-pretty': ['telemetry/pretty'],
  'prom-client': ['telemetry'],
  validator: ['addresses'],
  yaml: ['access/callers-file'],
  zod: ['config', 'settings', '[a-z]+/settings', 'access/callers-file', 'lifecycle'],
}

/** The same for modules of Node that read files or open sockets. */
const nodeModules = {
  'fs(/promises)?': ['config/read-text-file', 'config/watched-files', 'http/pages'],
  'net|tls|https?|http2|dgram|dns': [
    'network',
    'grpc',
    'http',
    'messaging/smtp',
    'access/jwks-request',
    'telemetry/admin',
  ],
}

const names = Object.keys(modules)
for (const [index, name] of names.entries())
  for (const allowed of modules[name])
    if (names.indexOf(allowed) > index) throw new Error(`The row of ${name} names ${allowed}, which is not above it.`)

/** Matches the files of these folders, and the files of these names without `.ts`. */
const filesOf = (paths) => `^src/(${paths.join('|')})(/|\\.ts$)`

const moduleRules = names.map((name) => ({
  name: `${name} imports only its row`,
  severity: 'error',
  from: { path: filesOf([name]) },
  to: { path: '^src/', pathNot: filesOf([name, ...modules[name]]) },
}))

const packageRules = Object.entries(packages).map(([name, allowed]) => ({
  name: `${name} only in ${allowed.join(', ')}`,
  severity: 'error',
  from: { path: '^src/', pathNot: filesOf(allowed) },
  to: { path: `(^|/)node_modules/(@types/)?${name}/` },
}))

const nodeRules = Object.entries(nodeModules).map(([pattern, allowed]) => ({
  name: `${pattern} only in ${allowed.join(', ')}`,
  severity: 'error',
  from: { path: '^src/', pathNot: filesOf(allowed) },
  to: { dependencyTypes: ['core'], path: `^(${pattern})$` },
}))

module.exports = {
  forbidden: [
    ...moduleRules,
    ...packageRules,
    ...nodeRules,
    {
      name: 'every module has a row',
      severity: 'error',
      from: { path: '^src/', pathNot: filesOf(names) },
      to: {},
    },
    {
      name: 'every package has a row',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '(^|/)node_modules/', pathNot: `(^|/)node_modules/(@types/)?(${Object.keys(packages).join('|')})/` },
    },
    { name: 'no cycles', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
    { name: 'nothing outside src', severity: 'error', from: { path: '^src/' }, to: { path: '^(dev|bench|test)/' } },
    { name: 'every import can be resolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    // vitest.config.ts starts what tests need by their folder.
    {
      name: 'unit tests start no service',
      severity: 'error',
      from: { path: '^test/unit/' },
      to: { path: '^(src/app|dev/database)\\.ts$', reachable: true },
    },
    {
      name: 'only tests of processes and clients run the build or databases of their own',
      severity: 'error',
      from: { path: '^test/(unit|service)/' },
      to: { path: '^test/support/(service-process|own-database|project-copy)\\.ts$', reachable: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Imports of types count too.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // For packages that export more than one entry point.
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default'] },
  },
}
