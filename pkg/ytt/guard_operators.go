package ytt

import (
	"fmt"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

func compare(op syntax.Token) builtinFunc {
	return ofTwo(func(m *machine, x, y starlark.Value) (starlark.Value, error) {
		if !isScalar(x) && !isScalar(y) {
			if err := m.weigh(x, y); err != nil {
				return nil, err
			}
		}
		result, err := starlark.Compare(op, x, y)
		return starlark.Bool(result), err
	})
}

func (m *machine) contains(x, y starlark.Value) (starlark.Value, error) {
	if !isScalar(x) {
		switch y.(type) {
		case starlark.String, *starlark.Dict, *starlark.Set:
		default:
			if err := m.weigh(x, y); err != nil {
				return nil, err
			}
		}
	}
	return starlark.Binary(syntax.IN, x, y)
}

// size of a collection or string, and what an entry takes; -1 for other values.
func size(v starlark.Value) (count, each int) {
	switch v := v.(type) {
	case starlark.String:
		return len(v), 1
	case starlark.Bytes:
		return len(v), 1
	case *starlark.List:
		return v.Len(), listEntry
	case starlark.Tuple:
		return len(v), listEntry
	}
	return -1, 0
}

func (m *machine) grow(count, each int) error {
	if each == 1 {
		return m.text(count)
	}
	return m.entries(count, each)
}

func (m *machine) add(x, y starlark.Value) (starlark.Value, error) {
	if n, each := size(x); n >= 0 {
		if k, sameEach := size(y); k >= 0 && sameEach == each {
			if err := m.grow(n+k, each); err != nil {
				return nil, err
			}
		}
	}
	sum, err := starlark.Binary(syntax.PLUS, x, y)
	if t, ok := sum.(starlark.Tuple); ok && err == nil {
		err = m.weighTuple(t)
	}
	return sum, err
}

// addTo is +=, which extends a list in place.
func (m *machine) addTo(x, y starlark.Value) (starlark.Value, error) {
	list, ok := x.(*starlark.List)
	if _, iterable := y.(starlark.Iterable); !ok || !iterable {
		return m.add(x, y)
	}
	if err := m.extended(list, y); err != nil {
		return nil, err
	}
	extend, err := list.Attr("extend")
	if err != nil {
		return nil, err
	}
	_, err = starlark.Call(m.thread, extend, starlark.Tuple{y}, nil)
	return x, err
}

// extended counts a list that more elements are added to.
func (m *machine) extended(list *starlark.List, more starlark.Value) error {
	if n := starlark.Len(more); n >= 0 && list.Len()+n > m.limits.Entries {
		return m.entries(list.Len()+n, listEntry)
	}
	return m.countIterables(starlark.Tuple{more}, listEntry)
}

// maxIntBits of an integer: products grow without end.
const maxIntBits = 1 << 15

func (m *machine) multiply(x, y starlark.Value) (starlark.Value, error) {
	for _, operands := range [...][2]starlark.Value{{x, y}, {y, x}} {
		factor, ok := operands[1].(starlark.Int)
		n, each := size(operands[0])
		if !ok || n <= 0 {
			continue
		}
		times, fits := factor.Int64()
		if !fits || times > 1<<31 {
			times = 1 << 31
		}
		if times > 0 && factor.Sign() > 0 {
			if err := m.grow(n*int(times), each); err != nil {
				return nil, err
			}
		}
	}
	a, isInt := x.(starlark.Int)
	b, areInts := y.(starlark.Int)
	if isInt && areInts && bits(a)+bits(b) > maxIntBits {
		return nil, exceeds("size of an integer", fmt.Sprintf("%d bits", maxIntBits), "")
	}
	product, err := starlark.Binary(syntax.STAR, x, y)
	if t, ok := product.(starlark.Tuple); ok && err == nil {
		err = m.weighTuple(t)
	}
	return product, err
}

// shift is <<.
func (m *machine) shift(x, y starlark.Value) (starlark.Value, error) {
	if a, ok := x.(starlark.Int); ok && bits(a) > maxIntBits {
		return nil, exceeds("size of an integer", fmt.Sprintf("%d bits", maxIntBits), "")
	}
	return starlark.Binary(syntax.LTLT, x, y)
}

func bits(i starlark.Int) int {
	if small, ok := i.Int64(); ok {
		if small >= -1<<31 && small < 1<<31 {
			return 32
		}
		return 64
	}
	return i.BigInt().BitLen()
}

// sets counts an operation of two sets, which makes a third.
func (m *machine) sets(op syntax.Token, x, y starlark.Value) (starlark.Value, error) {
	switch x.(type) {
	case *starlark.Set, *starlark.Dict:
		args := starlark.Tuple{x, y}
		if err := m.countIterables(args, dictEntry); err != nil {
			return nil, err
		}
		if err := m.weigh(args...); err != nil {
			return nil, err
		}
	}
	return starlark.Binary(op, x, y)
}

func (m *machine) subtract(x, y starlark.Value) (starlark.Value, error) {
	return m.sets(syntax.MINUS, x, y)
}

func (m *machine) intersect(x, y starlark.Value) (starlark.Value, error) {
	return m.sets(syntax.AMP, x, y)
}

func (m *machine) difference(x, y starlark.Value) (starlark.Value, error) {
	return m.sets(syntax.CIRCUMFLEX, x, y)
}

func (m *machine) union(x, y starlark.Value) (starlark.Value, error) {
	return m.sets(syntax.PIPE, x, y)
}

// uniteWith is |=, which adds to a dict or set in place.
func (m *machine) uniteWith(x, y starlark.Value) (starlark.Value, error) {
	switch x.(type) {
	case *starlark.Dict, *starlark.Set:
		if x.Type() == y.Type() {
			_, err := m.callMethod(x, "update", starlark.Tuple{y}, nil)
			return x, err
		}
	}
	return m.union(x, y)
}

// assign is x[key] = v.
func (m *machine) assign(x, key, v starlark.Value) error {
	switch x := x.(type) {
	case *starlark.Dict:
		if err := m.spend(dictEntry + held(v) + held(key)); err != nil {
			return err
		}
		if err := m.beforeInsert(x, x.Len()); err != nil {
			return err
		}
		return x.SetKey(key, v)
	case *starlark.List:
		i, err := starlark.AsInt32(key)
		if err != nil {
			return fmt.Errorf("list index: %w", err)
		}
		n := x.Len()
		if i < -n || i >= n {
			return fmt.Errorf("list index %d out of range: the list has %d elements", i, n)
		}
		if err := m.spend(held(v)); err != nil {
			return err
		}
		return x.SetIndex((i+n)%n, v)
	}
	return fmt.Errorf("%s value does not support item assignment", x.Type())
}

// spread bounds the arguments that *x stands for.
func (m *machine) spread(x starlark.Value) (starlark.Value, error) {
	return x, m.countIterables(starlark.Tuple{x}, listEntry)
}

// maxKeywords is how many arguments **x may stand for: each is looked up among the
// parameters, one after the other.
const maxKeywords = 10_000

// spreadNamed bounds the arguments that **x stands for. Functions show their names in
// errors.
func (m *machine) spreadNamed(x starlark.Value) (starlark.Value, error) {
	mapping, ok := x.(starlark.IterableMapping)
	if !ok {
		return x, nil // the call complains
	}
	if n := starlark.Len(mapping); n > maxKeywords {
		return nil, exceeds("arguments of a call", maxKeywords, "")
	}
	if err := m.countIterables(starlark.Tuple{x}, dictEntry); err != nil {
		return nil, err
	}
	items := mapping.Iterate()
	defer items.Done()
	for key := starlark.Value(nil); items.Next(&key); {
		if _, err := m.key(key); err != nil {
			return nil, err
		}
	}
	return x, m.crowded(x)
}
