/** The build writes these types out in full, so that what is published needs nothing of the server. */
export type { AppRouter } from '@servai/api/root'
export type { Reason } from '@servai/contract/reasons'
