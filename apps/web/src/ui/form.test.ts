import { registerInput } from '@servai/contract/auth'
import { TRPCClientError } from '@trpc/client'
import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { defineComponent, h } from 'vue'
import { showLocale } from '../i18n/i18n.ts'
import AppForm from './AppForm.vue'
import TextField from './TextField.vue'
import { useForm } from './useForm.ts'

const sent: unknown[] = []
let answer: () => Promise<unknown>

const Page = defineComponent(() => {
  const form = useForm({
    name: 'test',
    schema: registerInput.pick({ firstName: true, email: true }),
    initial: { firstName: '', email: '' },
    texts: { email: { invalid_format: 'auth.emailInvalid' } },
    fieldOf: { 'property.name_taken': 'firstName' },
    draft: ['firstName', 'email'],
    send: async (input) => {
      sent.push(input)
      return answer()
    },
  })
  return () =>
    h(AppForm, { form }, () => [
      h(TextField, { ...form.bind('firstName'), label: 'First name' }),
      h(TextField, { ...form.bind('email'), label: 'E-mail address', help: 'Where we write to' }),
      h('button', { type: 'submit' }, 'Send'),
    ])
})

const refusal = (data: object) => Object.assign(new TRPCClientError('refused'), { data })

const open = () => {
  const page = mount(Page, { attachTo: document.body })
  const input = (id: string) => page.get<HTMLInputElement>(`#test-${id}`)
  const errorOf = (id: string) => page.find(`#test-${id}-error`)
  const submit = async () => {
    await page.get('form').trigger('submit')
    await flushPromises()
  }
  return { page, input, errorOf, submit }
}

beforeEach(async () => {
  await showLocale('en')
  sessionStorage.clear()
  sent.length = 0
  answer = () => Promise.resolve(null)
})
afterEach(() => document.body.replaceChildren())

it('says nothing while somebody types for the first time, and speaks when the field is left', async () => {
  const { input, errorOf } = open()
  await input('email').setValue('maria@')
  expect(errorOf('email').exists()).toBe(false)
  await input('email').trigger('blur')
  expect(errorOf('email').text()).toBe('Write the whole address, such as maria@example.com')
  expect(input('email').attributes()).toMatchObject({
    'aria-invalid': 'true',
    'aria-describedby': 'test-email-help test-email-error',
  })
  await input('email').setValue('maria@example.com')
  expect(errorOf('email').exists()).toBe(false)
})

it('leads from the summary to the fields, and sends nothing', async () => {
  const { page, input, submit } = open()
  await submit()
  expect(sent).toEqual([])
  const links = page.findAll('.form-faults a')
  expect(links.map((link) => link.text())).toEqual([
    'First name: Fill in this field',
    'E-mail address: Write the whole address, such as maria@example.com',
  ])
  expect(document.activeElement).toBe(page.get('.form-summary').element)
  await links[1]!.trigger('click')
  expect(document.activeElement).toBe(input('email').element)
})

it('sends what the schema makes of the values, once', async () => {
  const { page, input, submit } = open()
  await input('firstName').setValue('  Мария ')
  await input('email').setValue('maria@example.com')
  let finish = () => {}
  answer = () => new Promise((resolve) => (finish = () => resolve(null)))
  await page.get('form').trigger('submit')
  await submit()
  expect(sent).toEqual([{ firstName: 'Мария', email: 'maria@example.com' }])
  finish()
})

it('keeps what was typed through a refusal and puts a reason beside its field', async () => {
  const { page, input, errorOf, submit } = open()
  await input('firstName').setValue('Мария')
  await input('email').setValue('maria@example.com')
  answer = () => Promise.reject(refusal({ reason: 'property.name_taken', httpStatus: 409, requestId: 'r-1' }))
  await submit()
  expect(errorOf('firstName').text()).toBe('This name is taken. Choose another one.')
  expect(input('firstName').element.value).toBe('Мария')
  await input('firstName').setValue('Ирина')
  expect(errorOf('firstName').exists()).toBe(false)
  expect(page.find('.form-faults').exists()).toBe(false)
})

it('names the request of a failure that no field is to blame for', async () => {
  const { page, input, submit } = open()
  await input('firstName').setValue('Мария')
  await input('email').setValue('maria@example.com')
  answer = () => Promise.reject(refusal({ reason: 'server.unavailable', httpStatus: 503, requestId: 'r-2' }))
  await submit()
  expect(page.get('.form-summary').text()).toContain('servAI is not available right now. Try again in a moment.')
  expect(page.get('.form-summary').text()).toContain('Request r-2')
})

it('says that nothing is lost when there is no answer at all', async () => {
  const { page, input, submit } = open()
  await input('firstName').setValue('Мария')
  await input('email').setValue('maria@example.com')
  answer = () => Promise.reject(new TRPCClientError('fetch failed', { cause: new TypeError('fetch failed') }))
  await submit()
  expect(page.get('.form-summary').text()).toContain('servAI cannot be reached')
})

it('keeps a draft through a reload, until it has been sent', async () => {
  const first = open()
  await first.input('firstName').setValue('Мария')
  await first.input('email').setValue('maria@example.com')
  first.page.unmount()
  const second = open()
  expect(second.input('firstName').element.value).toBe('Мария')
  await second.submit()
  second.page.unmount()
  expect(open().input('firstName').element.value).toBe('')
})
