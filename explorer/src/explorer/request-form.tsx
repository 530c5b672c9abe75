import { hintsFor, maskableFields } from '../calls/hints.js'
import { type RequestValues, withValue } from '../calls/request-values.js'
import type { Violation } from '../calls/send.js'
import { useTexts } from '../language.js'
import { type Field, type Operation, reference } from '../reference.js'
import { setRequest } from '../session.js'
import { FieldInput } from './field-input.js'

interface RequestFormProps {
  readonly operation: Operation
  readonly values: RequestValues
  readonly violations: readonly Violation[]
}

/** One input for each field of the request. */
export function RequestForm({ operation, values, violations }: RequestFormProps) {
  const t = useTexts()
  const { request, name } = operation
  if (request.fields.length === 0) return <p class="muted">{t.noFields}</p>
  const hints = hintsFor(operation, values, reference)
  return (
    <div class="fields">
      {request.fields.map((field) => (
        <FieldInput
          key={field.name}
          field={field}
          value={values[field.jsonName]}
          maskable={field.kind === 'mask' ? maskableFields(operation, reference).map(({ name: path }) => path) : []}
          hint={hints.get(field.name)}
          violations={violations.filter((violation) => isAbout(violation, field, request.fields))}
          setValue={(value) => setRequest(name, withValue(values, field, request, value))}
        />
      ))}
    </div>
  )
}

/** A violation names a field, an element of it as `message_types[2]`, or a oneof, which is shown at its first field. */
function isAbout({ field: path }: Violation, field: Field, fields: readonly Field[]): boolean {
  const root = path.replace(/[[.].*$/, '')
  const [first] = fields.filter(({ oneof }) => oneof === root)
  return root === field.name || (first === field && !fields.some(({ name }) => name === root))
}
