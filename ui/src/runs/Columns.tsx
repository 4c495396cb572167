import { Menu } from '@mantine/core'
import { Icon } from '../parts/marks'
import { COLUMNS, type Column } from './columns'

/** Chooses the columns of the list. */
export function Columns({ chosen, turn }: { chosen: readonly Column[]; turn: (column: Column) => void }) {
  return (
    <Menu position="bottom-end" closeOnItemClick={false}>
      <Menu.Target>
        <button type="button" className="btn only-wide">
          <Icon name="columns" />
          Columns
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(COLUMNS) as Column[]).map((column) => (
          <Menu.CheckboxItem key={column} value={column} checked={chosen.includes(column)} onChange={() => turn(column)} checkIcon={<Icon name="check" size={13} />}>
            {COLUMNS[column]}
          </Menu.CheckboxItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
