package ytt

import (
	"errors"
	"fmt"

	"go.starlark.net/starlark"
)

// countIterables counts what copying the elements of the arguments takes. Numbers from
// range() have no elements before they are copied, and may be without end.
func (m *machine) countIterables(args starlark.Tuple, each int) error {
	for _, arg := range args {
		count, more := 0, 0
		switch arg := arg.(type) {
		case *starlark.List, *starlark.Dict, *starlark.Set, starlark.Tuple:
			count = starlark.Len(arg)
		case starlark.Sequence:
			count, more = arg.Len(), 64 // elements that are made one by one
		case starlark.Iterable: // the characters of a string
			items := arg.Iterate()
			for item := starlark.Value(nil); count <= m.limits.Entries && items.Next(&item); count++ {
			}
			items.Done()
			more = 32
		default:
			continue
		}
		if each > 0 {
			each += more
		}
		if err := m.entries(count, each); err != nil {
			return err
		}
	}
	return nil
}

// hashable bounds the time to put the elements of lists into a set: see crowded.
func (m *machine) hashable(args starlark.Tuple) error {
	for _, arg := range args {
		if starlark.Len(arg) < manyEntries {
			continue
		}
		if _, ok := arg.(*starlark.Set); ok {
			continue // weighed
		}
		if iterable, ok := arg.(starlark.Iterable); ok {
			if _, err := m.makeSet(iterable); err != nil {
				return err
			}
		}
	}
	return nil
}

// update puts the entries of a mapping, or pairs, and named arguments into a dict. It
// can be interrupted, which one of go.starlark.net can not.
func (m *machine) update(d *starlark.Dict, name string, args starlark.Tuple, kwargs []starlark.Tuple) error {
	if len(args) > 1 {
		return fmt.Errorf("%s: got %d arguments, want at most 1", name, len(args))
	}
	if err := m.entries(len(kwargs), dictEntry); err != nil {
		return err
	}
	put := func(i int, key, value starlark.Value) error {
		if i%64 == 63 && m.ctx.Err() != nil {
			return m.outOfTime()
		}
		if err := m.beforeInsert(d, d.Len()); err != nil {
			return err
		}
		return d.SetKey(key, value)
	}
	if len(args) == 1 {
		if err := m.countIterables(args, dictEntry); err != nil {
			return err
		}
		switch from := args[0].(type) {
		case starlark.IterableMapping:
			for i, item := range from.Items() {
				if err := put(i, item[0], item[1]); err != nil {
					return err
				}
			}
		case starlark.Iterable:
			if err := m.updatePairs(from, name, put); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s: got %s, want iterable", name, from.Type())
		}
	}
	for i, pair := range kwargs {
		if err := put(i, pair[0], pair[1]); err != nil {
			return err
		}
	}
	return nil
}

func (m *machine) updatePairs(from starlark.Iterable, name string, put func(i int, key, value starlark.Value) error) error {
	if err := m.weigh(from); err != nil {
		return err
	}
	items := from.Iterate()
	defer items.Done()
	item := starlark.Value(nil)
	for i := 0; items.Next(&item); i++ {
		if n := starlark.Len(item); n != 2 {
			return fmt.Errorf("%s: element #%d is a %s, want a pair", name, i, item.Type())
		}
		pair := starlark.Iterate(item)
		if pair == nil {
			return fmt.Errorf("%s: element #%d is a %s, want a pair", name, i, item.Type())
		}
		var key, value starlark.Value
		pair.Next(&key)
		pair.Next(&value)
		pair.Done()
		if err := put(i, key, value); err != nil {
			return err
		}
	}
	return nil
}

// makeSet is set(). It can be interrupted, as update can.
func (m *machine) makeSet(from starlark.Iterable) (*starlark.Set, error) {
	s := new(starlark.Set)
	if from == nil {
		return s, m.entries(5, dictEntry)
	}
	args := starlark.Tuple{from}
	if err := errors.Join(m.countIterables(args, dictEntry), m.weigh(from)); err != nil {
		return nil, err
	}
	items := from.Iterate()
	defer items.Done()
	item := starlark.Value(nil)
	for i := 0; items.Next(&item); i++ {
		if i%64 == 63 && m.ctx.Err() != nil {
			return nil, m.outOfTime()
		}
		if err := m.beforeInsert(s, s.Len()); err != nil {
			return nil, err
		}
		if err := s.Insert(item); err != nil {
			return nil, err
		}
	}
	return s, nil
}
