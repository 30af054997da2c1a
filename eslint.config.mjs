// oxlint reads the scripts of components; their templates are read here.
import parser from '@typescript-eslint/parser'
import vue from 'eslint-plugin-vue'

export default [
  ...vue.configs['flat/essential'],
  {
    files: ['apps/web/src/**/*.vue'],
    languageOptions: { parserOptions: { parser } },
    rules: {
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/no-v-html': 'error',
      'vue/no-template-target-blank': 'error',
      'vue/no-useless-v-bind': 'error',
      'vue/prefer-true-attribute-shorthand': 'error',
      'vue/require-explicit-emits': 'error',
    },
  },
]
