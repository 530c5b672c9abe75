import type { Reason } from '../../src/errors/catalog.js'

const name = 'Must be 2 to 12 letters A-Z a-z or Chinese characters.'
const email = 'Must be a mail address such as tom@example.com, with ASCII characters before the @.'
const phone = 'Must be 86- and 11 digits beginning with 13 to 19. Country codes served: 86.'
const title =
  'Must be one of TITLE_FINANCE_DIRECTOR, TITLE_TECHNICAL_DIRECTOR, TITLE_MAINTENANCE_DIRECTOR, TITLE_CEO, TITLE_PROJECT_DIRECTOR, TITLE_OTHER.'
const messageTypes =
  'Must be one of MESSAGE_TYPE_SERVICE_MESSAGE, MESSAGE_TYPE_FAULT_MESSAGE, MESSAGE_TYPE_ACCOUNT_EXPENSES, MESSAGE_TYPE_SECURITY_MESSAGE, MESSAGE_TYPE_ACTIVITY_MESSAGE, MESSAGE_TYPE_PRODUCT_MESSAGE.'
const contactId = 'Must be c- and 16 letters or digits.'
const code = 'Must be the six digits that were received.'

/** What a refusal says about a field, by the reason, in a service with default settings. */
export const rules: Readonly<Partial<Record<Reason, string>>> = {
  MISSING_PARAMETER_NAME: name,
  INVALID_PARAMETER_NAME: name,
  INVALID_PARAMETER_NAME_LENGTH: name,
  MISSING_PARAMETER_EMAIL_ADDRESS: email,
  INVALID_PARAMETER_EMAIL_ADDRESS: email,
  INVALID_PARAMETER_EMAIL_ADDRESS_LENGTH: 'Must have at most 254 characters, at most 64 of them before the @.',
  MISSING_PARAMETER_PHONE_NUMBER: phone,
  INVALID_PARAMETER_PHONE_NUMBER: phone,
  INVALID_PARAMETER_MOBILE_COUNTRY_CODE: phone,
  MISSING_PARAMETER_TITLE: title,
  INVALID_PARAMETER_TITLE: title,
  MISSING_PARAMETER_MESSAGE_TYPES: messageTypes,
  INVALID_PARAMETER_MESSAGE_TYPES: messageTypes,
  INVALID_PARAMETER_CLIENT_TOKEN: 'Must be 1 to 64 visible ASCII characters, best a UUID.',
  MISSING_PARAMETER_CONTACT_ID: contactId,
  INVALID_PARAMETER_CONTACT_ID: contactId,
  INVALID_PARAMETER_PAGE_SIZE: 'Must not be negative.',
  INVALID_PARAMETER_PAGE_TOKEN:
    'Must be the next_page_token of the page before, with the same filters and for the same directory.',
  INVALID_PARAMETER_UPDATE_MASK:
    'Must name fields to update: name, email_address, phone_number, title, message_types; or * alone for all of them.',
  INVALID_PARAMETER_STATUS:
    'Must be one of MESSAGE_CONTACT_STATUS_VERIFYING, MESSAGE_CONTACT_STATUS_ACTIVE, MESSAGE_CONTACT_STATUS_DELETING.',
  MISSING_PARAMETER_CODE: code,
  INVALID_PARAMETER_CODE: code,
}
