package agent

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/tidwall/gjson"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// pageSize is how many objects a list asks for at once. Few lists have more of them: the API
// server holds the state of a first page for the next ones only while its objects change, and
// else reads them from etcd, which takes three times as long. But it ends an answer that takes
// longer than a minute; after one that broke off pages are smaller, down to minPageSize, until a list
// has come to its end.
const (
	pageSize    = 50_000
	minPageSize = 500
)

// maxListHead bounds what is in a list beside its items, in bytes.
const maxListHead = 1 << 20

// newPagedInformer watches what get asks for, and holds of each object what keep returns of it;
// of what it returned keep returns the same.
func newPagedInformer(
	codec watchCodec, example runtime.Object, indexers cache.Indexers,
	get func(options metav1.ListOptions) *rest.Request, keep func(runtime.Object) runtime.Object,
) cache.SharedIndexInformer {
	l := &lister{codec: codec, get: get, keep: keep, limit: pageSize}
	lists := pagedLists{&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, _ metav1.ListOptions) (runtime.Object, error) {
			list, err := l.list(ctx)
			if err != nil {
				return nil, err // not a nil list in an interface
			}
			return list, nil
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.Watch = true
			return get(options).Watch(ctx)
		},
	}}
	informer := cache.NewSharedIndexInformer(lists, example, 0, indexers)
	_ = informer.SetTransform(func(object any) (any, error) { // fails only when the informer already runs
		if o, ok := object.(runtime.Object); ok {
			return keep(o), nil
		}
		return object, nil
	})
	return informer
}

// pagedLists lists objects in pages, and watches them from there on. Lists that are streamed as
// events of a watch, as client-go prefers them, cost the API server two to three times as much.
type pagedLists struct{ *cache.ListWatch }

// IsWatchListSemanticsUnSupported tells client-go not to ask for a stream.
func (pagedLists) IsWatchListSemanticsUnSupported() bool { return true }

// objectList is a list of objects.
type objectList struct {
	metav1.TypeMeta
	metav1.ListMeta
	Items []runtime.Object
}

// DeepCopyObject implements runtime.Object; nobody changes a list.
func (l *objectList) DeepCopyObject() runtime.Object { return l }

// lister lists objects, one list after the other.
type lister struct {
	codec watchCodec
	get   func(options metav1.ListOptions) *rest.Request
	// keep makes of an object what is kept of it. The transform of an informer would see a list
	// when all of it is in memory.
	keep func(runtime.Object) runtime.Object
	// limit is the size of the next page.
	limit int64
}

// list lists all objects as they are now. Client-go would be content with what an API server has
// cached, however old: an agent that starts would not see what the one before it made, and make
// it again.
func (l *lister) list(ctx context.Context) (*objectList, error) {
	list, next := &objectList{}, ""
	for {
		page, err := l.page(ctx, next, list)
		if err != nil {
			return nil, err
		}
		list.ResourceVersion, next = page.Get("resourceVersion").String(), page.Get("continue").String()
		if next == "" {
			l.limit = pageSize
			return list, nil
		}
	}
}

// page adds a page to a list, and returns the page's metadata.
func (l *lister) page(ctx context.Context, from string, list *objectList) (gjson.Result, error) {
	// Uncompressed: to compress costs the API server more than all else of a list.
	body, err := l.get(metav1.ListOptions{Limit: l.limit, Continue: from}).SetHeader("Accept-Encoding", "identity").Stream(ctx)
	if apierrors.IsTimeout(err) {
		l.shrink()
	}
	if err != nil {
		return gjson.Result{}, err
	}
	defer func() { _ = body.Close() }() // read to its end, or of no use any more
	metadata, err := readList(body, func(item []byte) error {
		object, err := l.codec.read(item)
		if err == nil {
			list.Items = append(list.Items, l.keep(object))
		}
		return err
	})
	if err != nil {
		l.shrink()
	}
	return metadata, err
}

func (l *lister) shrink() { l.limit = max(l.limit/10, minPageSize) }

// readList reads a list as the API server writes it, item by item, and returns its metadata. An
// item is valid JSON and says its kind; each must not keep it.
func readList(body io.Reader, each func(item []byte) error) (metadata gjson.Result, err error) {
	in := bufio.NewReaderSize(body, 64<<10)
	head, found, err := readUntilItems(in)
	if err != nil {
		return gjson.Result{}, err
	}
	if found {
		if err := readItems(in, head, each); err != nil {
			return gjson.Result{}, err
		}
		rest, err := io.ReadAll(io.LimitReader(in, maxListHead))
		if err != nil {
			return gjson.Result{}, fmt.Errorf("read the end of a list: %w", err)
		}
		head = append(append(head, ']'), rest...)
	}
	if !gjson.ValidBytes(head) {
		return gjson.Result{}, fmt.Errorf("read a list: it is no JSON: %.100q", head)
	}
	return gjson.GetBytes(head, "metadata"), nil
}

// readUntilItems reads a list up to its first item, or all of it when it has none.
func readUntilItems(in *bufio.Reader) (head []byte, found bool, err error) {
	for {
		text, err := in.ReadSlice('[')
		head = append(head, text...)
		switch {
		case errors.Is(err, io.EOF):
			return head, false, nil // without items: they are null
		case len(head) > maxListHead:
			return nil, false, fmt.Errorf("read a list: there are no items in its first %d KiB", maxListHead>>10)
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil:
			return nil, false, fmt.Errorf("read the beginning of a list: %w", err)
		case beforeItems.Match(head):
			return head, true, nil
		}
	}
}

var beforeItems = regexp.MustCompile(`"items"\s*:\s*\[$`)

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
		if members := bytes.TrimLeft(item[1:], space); members[0] != '}' && !gjson.GetBytes(item, "kind").Exists() {
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
