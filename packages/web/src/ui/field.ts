/** What every field has. `error` says what to do; `suggestion` is a corrected value to take with one press. */
export interface FieldProps {
  label: string
  /** The label is heard, not seen: where a table head or a title names the field already. */
  labelHidden?: boolean | undefined
  hint?: string | undefined
  error?: string | undefined
  suggestion?: string | undefined
  /** Names the field for the summary of errors. */
  name?: string | undefined
  optional?: boolean | undefined
  disabled?: boolean | undefined
  /** Why it cannot be changed now; stands in place of the hint. */
  disabledReason?: string | undefined
}

export const fieldProps = (props: FieldProps): FieldProps => ({
  label: props.label,
  labelHidden: props.labelHidden,
  hint: props.hint,
  error: props.error,
  suggestion: props.suggestion,
  name: props.name,
  optional: props.optional,
  disabled: props.disabled,
  disabledReason: props.disabledReason,
})
