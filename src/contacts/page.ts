import type { ListIdentity } from '../calls/paging.js'
import type { ContactStatus, ListedContact, MessageTypeName, TitleName } from './contact.js'

/** Which contacts of a directory to list: those that match all filters. */
export interface ContactFilters {
  readonly title: TitleName | undefined
  readonly messageType: MessageTypeName | undefined
  readonly status: ContactStatus | undefined
  /** Empty for any name. */
  readonly namePrefix: string
}

/** A page of the contacts of a directory. */
export interface PageRequest extends ContactFilters {
  readonly directoryId: string
  /** The maximum number of contacts on the page. */
  readonly size: number
  /** The last name of the page before. */
  readonly after: string | undefined
}

/** What the store found for it. */
export interface Page {
  readonly contacts: readonly ListedContact[]
  /** True if the list continues after the last contact. */
  readonly hasMore: boolean
  /** How many contacts match the filters, on all pages. */
  readonly totalCount: number
}

/** The list that a page belongs to. */
export const listOf = ({
  directoryId,
  title,
  messageType,
  status,
  namePrefix,
}: ContactFilters & { readonly directoryId: string }): ListIdentity => ({
  directoryId,
  title,
  messageType,
  status,
  namePrefix,
})
