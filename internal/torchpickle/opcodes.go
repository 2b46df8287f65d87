package torchpickle

import (
	"errors"
	"fmt"
)

const opStop = '.'

// opcodes are the instructions of protocol 2 that torch.save writes for state
// dictionaries, by their byte.
var opcodes = map[byte]func(*machine) error{
	0x80: (*machine).proto,
	'N':  func(m *machine) error { return m.push(nil) },
	0x88: func(m *machine) error { return m.push(true) },
	0x89: func(m *machine) error { return m.push(false) },
	'K':  func(m *machine) error { return m.number(1) },
	'M':  func(m *machine) error { return m.number(2) },
	'J':  func(m *machine) error { return m.number(4) },
	0x8a: (*machine).long,
	'G':  (*machine).float,
	'U':  func(m *machine) error { return m.text(1) },
	'T':  func(m *machine) error { return m.text(4) },
	'X':  func(m *machine) error { return m.text(4) },
	']':  func(m *machine) error { return m.push(&list{}) },
	'}':  func(m *machine) error { return m.push(newDict()) },
	')':  func(m *machine) error { return m.push(tuple{}) },
	'(':  func(m *machine) error { m.marks = append(m.marks, len(m.stack)); return nil },
	't':  (*machine).tupleFromMark,
	0x85: func(m *machine) error { return m.tupleOf(1) },
	0x86: func(m *machine) error { return m.tupleOf(2) },
	0x87: func(m *machine) error { return m.tupleOf(3) },
	'a':  (*machine).appendOne,
	'e':  (*machine).appendMany,
	's':  (*machine).setItem,
	'u':  (*machine).setItems,
	'q':  func(m *machine) error { return m.put(1) },
	'r':  func(m *machine) error { return m.put(4) },
	'h':  func(m *machine) error { return m.get(1) },
	'j':  func(m *machine) error { return m.get(4) },
	'c':  (*machine).global,
	'R':  (*machine).reduce,
	'b':  (*machine).build,
	'Q':  (*machine).persistentID,
}

func (m *machine) proto() error {
	version, err := m.uint(1)
	if err == nil && version != 2 {
		return fmt.Errorf("pickle protocol %d, want 2, the default of torch.save", version)
	}
	return err
}

// number pushes BININT1, BININT2 (unsigned) or BININT (signed).
func (m *machine) number(size int) error {
	n, err := m.uint(size)
	if err != nil {
		return err
	}
	if size == 4 {
		return m.push(int64(int32(n)))
	}
	return m.push(int64(n))
}

func (m *machine) tupleFromMark() error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	return m.push(tuple(items))
}

func (m *machine) tupleOf(n int) error {
	t := make(tuple, n)
	for i := n - 1; i >= 0; i-- {
		v, err := m.pop()
		if err != nil {
			return err
		}
		t[i] = v
	}
	return m.push(t)
}

func (m *machine) appendOne() error {
	item, err := m.pop()
	if err != nil {
		return err
	}
	return m.extend([]any{item})
}

func (m *machine) appendMany() error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	return m.extend(items)
}

func (m *machine) extend(items []any) error {
	target, err := m.top()
	if err != nil {
		return err
	}
	l, ok := target.(*list)
	if !ok {
		return fmt.Errorf("append to %s, want a list", kind(target))
	}
	l.items = append(l.items, items...)
	return nil
}

func (m *machine) setItem() error {
	value, err := m.pop()
	if err != nil {
		return err
	}
	key, err := m.pop()
	if err != nil {
		return err
	}
	return m.update([]any{key, value})
}

func (m *machine) setItems() error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	return m.update(items)
}

func (m *machine) update(items []any) error {
	target, err := m.top()
	if err != nil {
		return err
	}
	d, ok := target.(*dict)
	if !ok {
		return fmt.Errorf("set an item of %s, want a dict", kind(target))
	}
	if len(items)%2 != 0 {
		return errors.New("dictionary key without a value")
	}
	for i := 0; i < len(items); i += 2 {
		if err := d.set(items[i], items[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (m *machine) put(size int) error {
	index, err := m.uint(size)
	if err != nil {
		return err
	}
	value, err := m.top()
	if err != nil {
		return err
	}
	m.memo[index] = value
	return nil
}

func (m *machine) get(size int) error {
	index, err := m.uint(size)
	if err != nil {
		return err
	}
	value, ok := m.memo[index]
	if !ok {
		return fmt.Errorf("memo %d was never stored", index)
	}
	return m.push(value)
}

func (m *machine) global() error {
	module, err := m.line()
	if err != nil {
		return err
	}
	name, err := m.line()
	if err != nil {
		return err
	}
	g, err := lookUp(module, name)
	if err != nil {
		return err
	}
	return m.push(g)
}

func (m *machine) reduce() error {
	args, err := m.pop()
	if err != nil {
		return err
	}
	callable, err := m.pop()
	if err != nil {
		return err
	}
	g, _ := callable.(global)
	call := functions[g]
	if call == nil {
		return fmt.Errorf("%s is not callable here", kind(callable))
	}
	t, ok := args.(tuple)
	if !ok {
		return fmt.Errorf("arguments are %s, want a tuple", kind(args))
	}
	value, err := call(m, t)
	if err != nil {
		return err
	}
	return m.push(value)
}

// build sets attributes. State dictionaries have one, _metadata, which says
// nothing about the values.
func (m *machine) build() error {
	if _, err := m.pop(); err != nil {
		return err
	}
	target, err := m.top()
	if err != nil {
		return err
	}
	if _, ok := target.(*dict); !ok {
		return fmt.Errorf("set attributes of %s, want a dict", kind(target))
	}
	return nil
}

func (m *machine) persistentID() error {
	id, err := m.pop()
	if err != nil {
		return err
	}
	s, err := loadStorage(id)
	if err != nil {
		return err
	}
	if earlier, ok := m.seen[s.key]; ok && earlier != s {
		return fmt.Errorf("storage %s is described in two ways", s.key)
	}
	m.seen[s.key] = s
	return m.push(s)
}
