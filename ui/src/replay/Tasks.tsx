import { TagsInput } from '@mantine/core'

interface TasksProps {
  label: string
  placeholder: string
  value: string[]
  known: string[]
  shown?: boolean
  onChange: (value: string[]) => void
}

/** A field for the names of tasks, with those that are known to choose from. */
export function Tasks({ label, placeholder, value, known, shown, onChange }: TasksProps) {
  return (
    <TagsInput
      label={shown ? label : undefined}
      aria-label={label}
      placeholder={placeholder}
      value={value}
      data={known}
      onChange={onChange}
      limit={200}
      maxDropdownHeight={240}
      comboboxProps={{ withinPortal: false }}
      classNames={{ pill: 'mono', input: 'tasks-input', label: 'lbl-small' }}
    />
  )
}
