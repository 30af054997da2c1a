import { useQuery } from '@tanstack/vue-query'
import { reactive } from 'vue'
import { api, type Outputs } from '../../api.ts'

export type Limits = Outputs['platform']['limits']

/** Counted while the page is open: asked for again every half minute. */
const EVERY_MS = 30_000

export const useLimits = () =>
  reactive(
    useQuery({
      queryKey: ['platform', 'limits'],
      queryFn: ({ signal }) => api.platform.limits.query(undefined, { signal }),
      refetchInterval: EVERY_MS,
    }),
  )
