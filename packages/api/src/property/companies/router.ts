import { done, idInput, versionedInput } from '@servai/contract/fields'
import {
  company,
  companyPage,
  createCompanyInput,
  listCompaniesInput,
  setCompanyStatusInput,
  updateCompanyInput,
} from '@servai/contract/property'
import { anyScopeProcedure, router } from '../../trpc.ts'
import { COMPANY_ACCESS } from './policy.ts'
import {
  createCompany,
  getCompany,
  listCompanies,
  removeCompany,
  restoreCompany,
  setCompanyStatus,
  updateCompany,
} from './service.ts'

export const companiesRouter = router({
  list: anyScopeProcedure
    .meta({
      access: COMPANY_ACCESS.read,
      rest: { method: 'GET', path: '/property/companies' },
      summary: 'Companies the caller may see',
    })
    .input(listCompaniesInput)
    .output(companyPage)
    .query(({ ctx, input }) => listCompanies(ctx, input)),
  get: anyScopeProcedure
    .meta({
      access: COMPANY_ACCESS.read,
      rest: { method: 'GET', path: '/property/companies/{id}' },
      summary: 'One company',
    })
    .input(idInput)
    .output(company)
    .query(({ ctx, input }) => getCompany(ctx, input)),
  create: anyScopeProcedure
    .meta({
      access: COMPANY_ACCESS.found,
      rest: { method: 'POST', path: '/property/companies' },
      summary: 'Take a management company onto the platform',
    })
    .input(createCompanyInput)
    .output(company)
    .mutation(({ ctx, input }) => createCompany(ctx, input)),
  update: anyScopeProcedure
    .meta({
      access: COMPANY_ACCESS.update,
      rest: { method: 'PATCH', path: '/property/companies/{id}' },
      summary: 'Change the particulars of a company, if nobody else has since `version`',
    })
    .input(updateCompanyInput)
    .output(company)
    .mutation(({ ctx, input }) => updateCompany(ctx, input)),
  setStatus: anyScopeProcedure
    .meta({
      access: COMPANY_ACCESS.found,
      rest: { method: 'PUT', path: '/property/companies/{id}/status' },
      summary: 'Block a company, give it time, or set it free again',
    })
    .input(setCompanyStatusInput)
    .output(company)
    .mutation(({ ctx, input }) => setCompanyStatus(ctx, input)),
  remove: anyScopeProcedure
    .meta({
      access: COMPANY_ACCESS.found,
      rest: { method: 'DELETE', path: '/property/companies/{id}' },
      summary: 'Remove a company without complexes; it can be restored',
    })
    .input(versionedInput)
    .output(done)
    .mutation(({ ctx, input }) => removeCompany(ctx, input)),
  restore: anyScopeProcedure
    .meta({
      access: COMPANY_ACCESS.found,
      rest: { method: 'POST', path: '/property/companies/{id}/restore' },
      summary: 'Bring a removed company back',
    })
    .input(idInput)
    .output(company)
    .mutation(({ ctx, input }) => restoreCompany(ctx, input)),
})
