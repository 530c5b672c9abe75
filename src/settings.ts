import { z } from 'zod'
import { accessSettings, checkAccessSettings } from './access/settings.js'
import { callSettings } from './calls/settings.js'
import {
  type Environment,
  type ReadFile,
  type RenamedSettings,
  readSettings as readFromEnvironment,
} from './config/read-settings.js'
import { contactSettings } from './contacts/settings.js'
import { databaseSettings } from './database/settings.js'
import { grpcSettings } from './grpc/settings.js'
import { httpSettings } from './http/settings.js'
import { lifecycleSettings } from './lifecycle.js'
import { checkMessagingSettings, messagingSettings } from './messaging/settings.js'
import { checkTlsSettings, networkSettings } from './network/settings.js'
import { telemetrySettings } from './telemetry/settings.js'
import { verificationSettings } from './verification/settings.js'

/** The settings of every module, in the order of the documentation. */
export const settingsByModule = {
  database: databaseSettings,
  grpc: grpcSettings,
  http: httpSettings,
  network: networkSettings,
  calls: callSettings,
  access: accessSettings,
  contacts: contactSettings,
  verification: verificationSettings,
  messaging: messagingSettings,
  telemetry: telemetrySettings,
  lifecycle: lifecycleSettings,
}

export const settingsSchema = z
  .object({
    ...databaseSettings.shape,
    ...grpcSettings.shape,
    ...httpSettings.shape,
    ...networkSettings.shape,
    ...callSettings.shape,
    ...accessSettings.shape,
    ...contactSettings.shape,
    ...verificationSettings.shape,
    ...messagingSettings.shape,
    ...telemetrySettings.shape,
    ...lifecycleSettings.shape,
  })
  .superRefine(checkTlsSettings)
  .superRefine(checkAccessSettings)
  .superRefine(({ AUTHENTICATION, TLS_CLIENT_CA_FILE }, { addIssue }) => {
    if (TLS_CLIENT_CA_FILE === undefined && AUTHENTICATION.includes('mtls'))
      addIssue({
        code: 'custom',
        path: ['TLS_CLIENT_CA_FILE'],
        message: 'must be set, because AUTHENTICATION contains mtls',
      })
  })
  .superRefine(checkMessagingSettings)

export type Settings = z.output<typeof settingsSchema>

/** Names that version 0.1 used. */
const renamedSettings: RenamedSettings = {
  VERIFICATION_VALID_SECONDS: 'VERIFICATION_CODE_TTL_SECONDS',
  VERIFICATION_TRIES: 'VERIFICATION_MAX_ATTEMPTS',
  VERIFICATION_TRIES_PER_DAY: 'VERIFICATION_MAX_ATTEMPTS_PER_DAY',
  MAILS_PER_DAY: 'EMAILS_PER_DIRECTORY_PER_DAY',
  TEXTS_PER_DAY: 'SMS_PER_DIRECTORY_PER_DAY',
  MAIL_LANGUAGE: 'MESSAGE_LANGUAGE',
  UNSENT_MESSAGES: 'UNCONFIGURED_SENDER',
  SHUTDOWN_SECONDS: 'SHUTDOWN_TIMEOUT_SECONDS',
}

/** Reads all settings from the environment. Without `readFile`, no secret can come from a file. Throws ConfigurationError. */
export const readSettings = (environment: Environment, readFile: ReadFile = noFiles): Settings =>
  readFromEnvironment(settingsSchema, renamedSettings, environment, readFile)

function noFiles(): never {
  throw new Error('no files')
}
