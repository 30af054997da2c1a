import { shallowRef } from 'vue'
import type { Outputs } from '../../api.ts'

/** What the page was just told: a new home is a new context, with which every page is made anew. */
export const accepted = shallowRef<Outputs['property']['invites']['accept'] | null>(null)
