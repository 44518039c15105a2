package agent

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tidwall/gjson"
)

// maxListHead bounds what is in a list beside its items, in bytes.
const maxListHead = 1 << 20

// listHead is what a page of a list says beside its items.
type listHead struct {
	version string
	next    string // what to ask for the next page with; empty after the last
}

// readPage reads a list as the API server writes it, item by item. An item is valid JSON and says
// its kind; each must not keep it.
func readPage(body io.Reader, each func(item []byte) error) (listHead, error) {
	in := bufio.NewReaderSize(body, 64<<10)
	head, found, err := readUntilItems(in)
	if err != nil {
		return listHead{}, err
	}
	if found {
		if err := readItems(in, head, each); err != nil {
			return listHead{}, err
		}
		rest, err := io.ReadAll(io.LimitReader(in, maxListHead))
		if err != nil {
			return listHead{}, fmt.Errorf("read the end of a list: %w", err)
		}
		head = append(append(head, ']'), rest...)
	}
	if !gjson.ValidBytes(head) {
		return listHead{}, fmt.Errorf("read a list: it is no JSON: %.100q", head)
	}
	list := gjson.ParseBytes(head)
	h := listHead{list.Get("metadata.resourceVersion").String(), list.Get("metadata.continue").String()}
	// Any other JSON, that of a proxy say, must not be taken for an empty list: whatever there is
	// would be taken for deleted.
	if items := list.Get("items"); !items.Exists() || !items.IsArray() && items.Type != gjson.Null || h.version == "" || list.Get("kind").String() == "" {
		return listHead{}, fmt.Errorf("read a list: it is no list of objects: %.100q", head)
	}
	return h, nil
}

// readUntilItems reads a list up to its first item, or all of it when it has none.
func readUntilItems(in *bufio.Reader) (head []byte, found bool, err error) {
	for {
		text, err := in.ReadSlice('[')
		head = append(head, text...)
		switch {
		case errors.Is(err, io.EOF):
			return head, false, nil // items may be null
		case len(head) > maxListHead:
			return nil, false, fmt.Errorf("read a list: there are no items in its first %d KiB", maxListHead>>10)
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil:
			return nil, false, fmt.Errorf("read the beginning of a list: %w", err)
		case beforeItems(head[:len(head)-1]):
			return head, true, nil
		}
	}
}

func beforeItems(head []byte) bool {
	name, ok := bytes.CutSuffix(bytes.TrimRight(head, space), []byte(":"))
	return ok && bytes.HasSuffix(bytes.TrimRight(name, space), []byte(`"items"`))
}

// readItems reads the items of a list, and the bracket after them.
func readItems(in *bufio.Reader, head []byte, each func(item []byte) error) error {
	// Items of a list of a built-in kind come without it. An object without a kind would be
	// taken for another one than the owner's status names, which would then be removed. Such
	// lists begin with their kind, those of other kinds end with it.
	kind := strings.TrimSuffix(gjson.GetBytes(head, "kind").String(), "List")
	begin := fmt.Appendf(nil, `{"apiVersion":%q,"kind":%q,`, gjson.GetBytes(head, "apiVersion").String(), kind)
	var item []byte
	for {
		switch c, err := in.ReadByte(); {
		case err != nil:
			return fmt.Errorf("read a list: it ends within its items: %w", err)
		case c == ']':
			return nil
		case c == ',' || strings.IndexByte(space, c) >= 0:
			continue
		}
		_ = in.UnreadByte() // it was just read
		var err error
		if item, err = readItem(in, item[:0]); err != nil {
			return err
		}
		text := item
		if !look(item, "kind").Exists() {
			members := bytes.TrimLeft(item[1:], space)
			if kind == "" || members[0] == '}' {
				return fmt.Errorf("read an item of a list: it does not say its kind: %.100q", item)
			}
			text = append(begin[:len(begin):len(begin)], members...)
		}
		if err := each(text); err != nil {
			return err
		}
	}
}

// readItem reads an object into memory that is there for it.
func readItem(in *bufio.Reader, item []byte) ([]byte, error) {
	var at braces
	for {
		var how piece
		var err error
		switch item, how, err = at.read(in, item); {
		case err != nil:
			return nil, fmt.Errorf("read an item of a list: %w", err)
		case how == breaks: // printed for people
		case !at.begun || !gjson.ValidBytes(item):
			return nil, fmt.Errorf("read an item of a list: it is no JSON object: %.100q", item)
		default:
			return item, nil
		}
	}
}
