declare module 'virtual:reference' {
  export const reference: import('../../dev/explorer/reference.js').Reference
}

declare module 'virtual:project-files' {
  export const projectFiles: import('../../dev/explorer/reference.js').ProjectFiles
}
