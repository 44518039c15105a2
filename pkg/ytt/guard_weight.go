package ytt

import (
	"fmt"
	mathbits "math/bits"

	"go.starlark.net/starlark"
)

// maxKey is the size of a key in bytes: errors show keys whole.
const maxKey = 64 << 10

// key bounds what is used as a key or an index.
func (m *machine) key(v starlark.Value) (starlark.Value, error) {
	switch v.(type) {
	case starlark.String, starlark.Tuple:
		left := maxKey
		if !fits(v, &left) {
			return nil, exceeds("size of a key", fmt.Sprintf("%d bytes", maxKey), "")
		}
	}
	return v, nil
}

// fits says that the strings and parts of a key are no more than what is left.
func fits(v starlark.Value, left *int) bool {
	switch v := v.(type) {
	case starlark.String:
		*left -= len(v)
	case starlark.Tuple:
		for _, item := range v {
			if !fits(item, left) {
				return false
			}
		}
		*left -= len(v)
	case starlark.Int:
		*left -= bits(v) / 3
	}
	return *left >= 0
}

// maxParts of a value that is compared, hashed or sorted in one go.
const maxParts = 1_000_000

// weighTuple bounds a tuple: whatever uses it as a key hashes it as a whole.
func (m *machine) weighTuple(t starlark.Tuple) error {
	for _, item := range t {
		switch item := item.(type) {
		case starlark.Tuple:
			return m.weigh(t)
		case starlark.String:
			if len(item) > longText {
				return m.weigh(t)
			}
		}
	}
	return nil
}

// longText is the length from which a string counts as several parts: comparing it takes
// as long.
const longText = 256

// weigh bounds a value that is compared or hashed, counting shared parts as often as
// they are referred to. It takes no memory.
func (m *machine) weigh(values ...starlark.Value) error {
	left := maxParts
	for _, v := range values {
		if err := m.weighAt(v, 0, &left); err != nil {
			return err
		}
	}
	return nil
}

func (m *machine) weighAt(v starlark.Value, depth int, left *int) error {
	if *left--; *left < 0 {
		return exceeds("parts of a value that is compared or used as a key", maxParts, "")
	}
	if depth > m.limits.Depth {
		return exceeds("depth of nested values", m.limits.Depth, "does a list or dict contain itself?")
	}
	switch v := v.(type) {
	case starlark.String:
		*left -= len(v) / longText
	case starlark.Tuple:
		for _, item := range v {
			if err := m.weighAt(item, depth+1, left); err != nil {
				return err
			}
		}
	case *starlark.List:
		for i := range v.Len() {
			if err := m.weighAt(v.Index(i), depth+1, left); err != nil {
				return err
			}
		}
	case *starlark.Dict:
		for key, value := range v.Entries() {
			if err := m.weighAt(key, depth+1, left); err != nil {
				return err
			}
			if err := m.weighAt(value, depth+1, left); err != nil {
				return err
			}
		}
		return m.crowded(v)
	case *starlark.Set:
		for item := range v.Elements() {
			if err := m.weighAt(item, depth+1, left); err != nil {
				return err
			}
		}
		return m.crowded(v)
	}
	return nil
}

// manyEntries is the size from which a dict or set may be slow: see crowded.
const manyEntries = 1000

// maxWalk bounds the entries that are looked at when each key of a dict or set is looked
// up once.
const maxWalk = 50_000_000

// crowded refuses large dicts and sets whose keys fall into few places of their table.
// Keys can be chosen so; then each access walks through many entries, and go.starlark.net
// can not be interrupted while it makes a million accesses to copy or compare them.
func (m *machine) crowded(v starlark.Value) error {
	n := starlark.Len(v)
	if n < manyEntries {
		return nil
	}
	places := 1
	for 13*places < 2*n { // 6.5 entries a place are the most that the table has
		places *= 2
	}
	taken, walk := make([]int, places), 0
	keys := starlark.Iterate(v)
	defer keys.Done()
	for key := starlark.Value(nil); keys.Next(&key); {
		hash, err := key.Hash()
		if err != nil {
			return err
		}
		at := int(hash) & (places - 1)
		taken[at]++
		if walk += taken[at]; walk > maxWalk {
			return exceeds("keys of a dict or set that fall into one place", maxWalk, "")
		}
	}
	return nil
}

// beforeInsert is to be called before one entry is added to a dict or set, which may make
// it put all entries into a larger table at once. It does so when it has 13 times a
// power of two.
func (m *machine) beforeInsert(v starlark.Value, length int) error {
	if length < manyEntries || length%13 != 0 || mathbits.OnesCount(uint(length/13)) != 1 {
		return nil
	}
	return m.crowded(v)
}

func isScalar(v starlark.Value) bool {
	switch v := v.(type) {
	case starlark.String:
		return len(v) <= longText
	case starlark.Int, starlark.Bool, starlark.NoneType, starlark.Float:
		return true
	}
	return false
}

// weighElements weighs the tuples in a list that has just been made.
func (m *machine) weighElements(v starlark.Value) error {
	list, ok := v.(*starlark.List)
	if !ok {
		return nil
	}
	for i := range list.Len() {
		t, ok := list.Index(i).(starlark.Tuple)
		if !ok {
			return nil // all are tuples, or none
		}
		if err := m.weighTuple(t); err != nil {
			return err
		}
	}
	return nil
}
