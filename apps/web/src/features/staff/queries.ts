import { useQuery } from '@tanstack/vue-query'
import { computed, reactive, toValue, type MaybeRefOrGetter } from 'vue'
import { api, inContext, type Inputs, type Outputs } from '../../api.ts'
import { queryClient } from '../../session.ts'
import { useKeysetList } from '../../ui/useKeysetList.ts'

export type Member = Outputs['staff']['members']['get']
export type Grant = Member['grants'][number]
export type StaffInvite = Outputs['staff']['invites']['list']['items'][number]
export type Explanation = Outputs['staff']['explain']
export type MemberFilter = Omit<Inputs['staff']['members']['list'], 'cursor' | 'limit'>

const keys = {
  all: ['staff'] as const,
  members: ['staff', 'members'] as const,
  member: (id: string) => ['staff', 'member', id] as const,
  offered: ['staff', 'offered'] as const,
  invites: (contextKey: string | null) => ['staff', 'invites', contextKey] as const,
  access: (asked: unknown) => ['staff', 'access', asked] as const,
}

const PAGE_ROWS = 50

export const refreshStaff = () => void queryClient.invalidateQueries({ queryKey: keys.all })

export const useMembers = (filter: MaybeRefOrGetter<MemberFilter>) =>
  useKeysetList({
    key: keys.members,
    filter,
    fetch: (asked, cursor, signal) => api.staff.members.list.query({ ...asked, cursor, limit: PAGE_ROWS }, { signal }),
  })

export const useMember = (id: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => keys.member(toValue(id))),
      queryFn: ({ signal }) => api.staff.members.get.query({ id: toValue(id) }, { signal }),
    }),
  )

const SUGGESTIONS = 20

export const useMembersNamed = (words: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => ['staff', 'named', toValue(words)] as const),
      queryFn: async ({ signal }) =>
        (await api.staff.members.list.query({ q: toValue(words), limit: SUGGESTIONS }, { signal })).items,
      enabled: computed(() => toValue(words).trim().length >= 2),
    }),
  )

/** Units whose number contains the words, in one complex or in all. */
export const useUnitsNumbered = (asked: MaybeRefOrGetter<{ q: string; complexId: string | undefined }>) =>
  reactive(
    useQuery({
      queryKey: computed(() => ['property', 'units', 'numbered', toValue(asked)] as const),
      queryFn: async ({ signal }) =>
        (await api.property.units.list.query({ ...toValue(asked), limit: SUGGESTIONS }, { signal })).items,
      enabled: computed(() => toValue(asked).q !== ''),
    }),
  )

/** Roles the person may hand out, and in which complexes: all of them where that is NULL. */
export const useOfferedRoles = () =>
  reactive(
    useQuery({
      queryKey: keys.offered,
      queryFn: async ({ signal }) => (await api.staff.grants.offered.query(undefined, { signal })).items,
    }),
  )

const shown = (member: Member) => {
  queryClient.setQueryData(keys.member(member.id), member)
  refreshStaff()
  return member
}

export const updateMember = async (input: Inputs['staff']['members']['update']) =>
  shown(await api.staff.members.update.mutate(input))

export const createGrants = async (input: Inputs['staff']['grants']['create']) =>
  shown(await api.staff.grants.create.mutate(input))

/** Answers how many open invites of residents are worth nothing from now on. */
export const revokeGrant = async ({ id }: Grant) => {
  const { orphanedInvites } = await api.staff.grants.revoke.mutate({ id })
  refreshStaff()
  return orphanedInvites
}

/** Of the active context, or of the one named: the platform looks at a company from above. */
export const useStaffInvites = (contextKey: string | null = null) =>
  useKeysetList({
    key: keys.invites(contextKey),
    filter: {},
    fetch: (_, cursor, signal) =>
      api.staff.invites.list.query(
        { cursor, limit: PAGE_ROWS },
        contextKey ? inContext(contextKey, signal) : { signal },
      ),
  })

export const createStaffInvite = async (input: Inputs['staff']['invites']['create']) => {
  const invite = await api.staff.invites.create.mutate(input)
  refreshStaff()
  return invite
}

export const resendStaffInvite = async ({ id }: StaffInvite, contextKey: string | null) => {
  await api.staff.invites.resend.mutate({ id }, contextKey ? inContext(contextKey) : {})
  refreshStaff()
}

export const revokeStaffInvite = async ({ id }: StaffInvite, contextKey: string | null) => {
  await api.staff.invites.revoke.mutate({ id }, contextKey ? inContext(contextKey) : {})
  refreshStaff()
}

export const previewStaffInvite = (token: string) => api.staff.invites.preview.mutate({ token })
export const acceptStaffInvite = (token: string) => api.staff.invites.accept.mutate({ token })

type Asked = Inputs['staff']['explain']

export const useExplanation = (asked: MaybeRefOrGetter<Asked | null>) =>
  reactive(
    useQuery({
      queryKey: computed(() => keys.access(toValue(asked))),
      queryFn: ({ signal }) => {
        const question = toValue(asked)
        if (!question) throw new Error('asked while nothing is chosen')
        return api.staff.explain.query(question, { signal })
      },
      enabled: computed(() => toValue(asked) !== null),
      staleTime: 0,
    }),
  )
