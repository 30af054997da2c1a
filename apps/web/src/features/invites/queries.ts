import { useQuery } from '@tanstack/vue-query'
import { computed, reactive, toValue, type MaybeRefOrGetter } from 'vue'
import { api, inContext, type Inputs, type Outputs } from '../../api.ts'
import { useKeysetList } from '../../ui/useKeysetList.ts'
import { everyRow, PAGE_ROWS, propertyKeys, refreshProperty, showRow } from '../property/cache.ts'

export type Invite = Outputs['property']['invites']['list']['items'][number]
export type InviteWithLink = Outputs['property']['invites']['get']
export type InviteSheet = Outputs['property']['invites']['sheet']
export type InvitePreview = Outputs['property']['invites']['preview']
export type InviteFilter = Pick<
  Inputs['property']['invites']['list'],
  'q' | 'complexId' | 'buildingId' | 'entranceId' | 'unitId' | 'status'
>
export type Place = Pick<Inputs['property']['invites']['plan'], 'complexId' | 'buildingId' | 'entranceId' | 'types'>

export const inviteKeys = propertyKeys('invites')

/** The whole address of an invite, which is served from where this page is. */
export const linkOf = (path: string) => location.origin + path

export const useInvites = (filter: MaybeRefOrGetter<InviteFilter>) =>
  useKeysetList({
    key: inviteKeys.lists,
    filter,
    fetch: (asked, cursor, signal) =>
      api.property.invites.list.query({ ...asked, cursor, limit: PAGE_ROWS }, { signal }),
  })

/** With its link, where the caller may let people in. */
export const useInvite = (id: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => inviteKeys.one(toValue(id))),
      queryFn: ({ signal }) => api.property.invites.get.query({ id: toValue(id) }, { signal }),
    }),
  )

export const useInviteUses = (id: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => [...inviteKeys.one(toValue(id)), 'uses']),
      queryFn: ({ signal }) =>
        everyRow((cursor) => api.property.invites.uses.query({ id: toValue(id), cursor, limit: 100 }, { signal })),
    }),
  )

const OF_UNIT = 20

export const useInvitesOfUnit = (unitId: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => inviteKeys.options(toValue(unitId))),
      queryFn: async ({ signal }) =>
        (await api.property.invites.list.query({ unitId: toValue(unitId), limit: OF_UNIT }, { signal })).items,
    }),
  )

export const useInvitePlan = (place: MaybeRefOrGetter<Place | null>) =>
  reactive(
    useQuery({
      queryKey: computed(() => [...inviteKeys.all, 'plan', toValue(place)]),
      queryFn: ({ signal }) => api.property.invites.plan.query(toValue(place) ?? {}, { signal }),
      enabled: computed(() => toValue(place) !== null),
      staleTime: 0,
    }),
  )

export const useInviteSheet = (place: MaybeRefOrGetter<Inputs['property']['invites']['sheet']>) =>
  reactive(
    useQuery({
      queryKey: computed(() => [...inviteKeys.all, 'sheet', toValue(place)]),
      queryFn: ({ signal }) => api.property.invites.sheet.query(toValue(place), { signal }),
      staleTime: 0,
    }),
  )

const SUGGESTIONS = 20

/** Units whose number begins with these words, for a choice. */
export const useUnitsNumbered = (words: MaybeRefOrGetter<string>, complexId: MaybeRefOrGetter<string | undefined>) =>
  reactive(
    useQuery({
      queryKey: computed(() => ['property', 'units', 'numbered', toValue(words), toValue(complexId) ?? ''] as const),
      queryFn: async ({ signal }) => {
        const complex = toValue(complexId)
        const asked = { q: toValue(words), limit: SUGGESTIONS, ...(complex && { complexId: complex }) }
        return (await api.property.units.list.query(asked, { signal })).items
      },
      enabled: computed(() => toValue(words).trim().length > 0),
    }),
  )

const shown = (invite: InviteWithLink) => {
  showRow(inviteKeys, invite)
  return invite
}

export const createInvite = async (input: Inputs['property']['invites']['create']) =>
  shown(await api.property.invites.create.mutate(input))

export const createInvites = async (input: Inputs['property']['invites']['bulkCreate']) => {
  const made = await api.property.invites.bulkCreate.mutate(input)
  refreshProperty()
  return made
}

/** Makes orphaned invites of staff the caller's own; answers how many, and how many had no room in their units. */
export const adoptInvites = async (invites: readonly Pick<Invite, 'id'>[]) => {
  const outcome = await api.property.invites.adopt.mutate({ items: invites.map(({ id }) => ({ id })) })
  void refreshProperty()
  return outcome
}

export const revokeInvite = async ({ id }: { id: string }) => shown(await api.property.invites.revoke.mutate({ id }))

export const mailInvite = async ({ id }: { id: string }) => shown(await api.property.invites.mail.mutate({ id }))

export const readInvite = ({ id }: { id: string }) => api.property.invites.get.query({ id })

export const previewInvite = (token: string) => api.property.invites.preview.mutate({ token })

export const acceptInvite = (token: string) => api.property.invites.accept.mutate({ token })

const familyKey = (context: string, unitId: string) => ['homes', context, 'invites', unitId]

/** What a resident has made for the own home and still works; newest first. */
export const useFamilyInvites = (context: MaybeRefOrGetter<string>, unitId: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => familyKey(toValue(context), toValue(unitId))),
      queryFn: async ({ signal }) => {
        const options = inContext(toValue(context), signal)
        const asked = { unitId: toValue(unitId), status: 'active' as const, limit: OF_UNIT }
        return (await api.property.invites.list.query(asked, options)).items
      },
    }),
  )

export const createFamilyInvite = (context: string, unitId: string, maxUses: number, replace: boolean) =>
  api.property.invites.create.mutate({ unitId, kind: 'family', maxUses, replace }, inContext(context))

export const readFamilyInvite = (context: string, id: string) =>
  api.property.invites.get.query({ id }, inContext(context))

export const revokeFamilyInvite = (context: string, id: string) =>
  api.property.invites.revoke.mutate({ id }, inContext(context))
