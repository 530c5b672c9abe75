declare module 'virtual:reference' {
  export const reference: import('../../dev/explorer/reference.js').Reference
}
