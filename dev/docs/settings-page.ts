import { describeSettings, type SettingDescription } from '../../src/config/read-settings.js'
import { settingsByModule } from '../../src/settings.js'
import { page, prose, table } from './markdown.js'

const titles: Readonly<Record<keyof typeof settingsByModule, string>> = {
  database: 'Database',
  grpc: 'gRPC server',
  http: 'HTTP server',
  network: 'Connections and TLS',
  calls: 'Calls',
  access: 'Access',
  contacts: 'Contacts',
  verification: 'Verification',
  messaging: 'Messages',
  telemetry: 'Log and metrics',
  lifecycle: 'Shutdown',
}

/** docs/settings.md: every setting of the service, by module. */
export function settingsPage(): string {
  return page('Settings', 'the `settings.ts` of each module in `src`', [
    prose([
      'The service reads its settings from environment variables. An empty variable counts as unset.',
      'Secrets are never logged. Each can also be read from a file that `<name>_FILE` names; one line break at the end of ' +
        'the file does not belong to the secret.',
      'Traces have the variables of OpenTelemetry instead, which begin with `OTEL_`: see [traces.md](traces.md).',
    ]),
    ...Object.entries(settingsByModule).flatMap(([module, schema]) => [
      `## ${titles[module as keyof typeof settingsByModule]}`,
      settingsTable(describeSettings(schema)),
    ]),
  ])
}

function settingsTable(settings: readonly SettingDescription[]): string {
  const rows = settings.map(({ name, description, default: defaultValue, required, secret }) => [
    secret ? `\`${name}\` or \`${name}_FILE\`` : `\`${name}\``,
    defaultValue === undefined ? (required ? 'required' : 'none') : `\`${defaultValue}\``,
    description,
  ])
  return table(['setting', 'default', 'meaning'], rows)
}
