import type { Copy, Sender } from '../texts.ts'

/** What people are told of their account and of what is kept about them. */
export type AccountTexts = {
  /** `device` may be empty. */
  newDevice(values: Sender & { device: string; network: string; signedInAt: string }): Copy
  emailChangeOld(values: Sender & { duration: string }): Copy
  emailChangeNew(values: Sender & { duration: string }): Copy
  emailChangeCollision(values: Sender): Copy
  emailChanged(values: Sender & { changedAt: string }): Copy
  dataExportReady(values: Sender & { expiresOn: string }): Copy
  accountErased(values: Sender): Copy
}
