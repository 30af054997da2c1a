import { useQuery } from '@tanstack/vue-query'
import { computed, reactive, toValue, type MaybeRefOrGetter } from 'vue'
import { api, type Inputs, type Outputs } from '../../api.ts'
import { t } from '../../i18n/i18n.ts'
import { useKeysetList } from '../../ui/useKeysetList.ts'
import { listedRow, PAGE_ROWS, propertyKeys, showRow } from '../property/cache.ts'
import { removeWithUndo, restoreRow } from '../property/removal.ts'

export type Company = Outputs['property']['companies']['get']
export type CompanyFilter = Pick<Inputs['property']['companies']['list'], 'q' | 'sort' | 'order' | 'includeRemoved'>

export const companyKeys = propertyKeys('companies')

export const useCompanies = (filter: MaybeRefOrGetter<CompanyFilter>) =>
  useKeysetList({
    key: companyKeys.lists,
    filter,
    fetch: (asked, cursor, signal) =>
      api.property.companies.list.query({ ...asked, cursor, limit: PAGE_ROWS }, { signal }),
  })

export const useCompany = (id: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => companyKeys.one(toValue(id))),
      queryFn: ({ signal }) => api.property.companies.get.query({ id: toValue(id) }, { signal }),
      placeholderData: () => listedRow<Company>(companyKeys, toValue(id)),
    }),
  )

const shown = (company: Company) => {
  showRow(companyKeys, company)
  return company
}

export const createCompany = async (input: Inputs['property']['companies']['create']) =>
  shown(await api.property.companies.create.mutate(input))

export const setCompanyStatus = async (input: Inputs['property']['companies']['setStatus']) =>
  shown(await api.property.companies.setStatus.mutate(input))

export const updateCompany = async (input: Inputs['property']['companies']['update']) =>
  shown(await api.property.companies.update.mutate(input))

const restored = async ({ id }: { id: string }) => shown(await api.property.companies.restore.mutate({ id }))

export const removeCompany = (company: Company) =>
  removeWithUndo({
    keys: companyKeys,
    row: company,
    remove: (target) => api.property.companies.remove.mutate(target),
    restore: restored,
    texts: {
      removed: t('companies.removed', { name: company.name }),
      restored: t('companies.restored', { name: company.name }),
    },
    refused: (counts) => t('companies.notRemoved', { name: company.name, counts }),
  })

export const restoreCompany = (company: Company) =>
  restoreRow(() => restored(company), t('companies.restored', { name: company.name }))
