package agent

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/tidwall/gjson"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/watch"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// watchCodec has client-go read objects by a function of ours. The decoders of dynamic clients
// read each event four times over and make a tree of maps of it, managed fields and all, which
// is thrown away at once: a fifth of the agent's CPU in a burst, and most of what its garbage
// collector had to do. Those of typed clients read it as often.
type watchCodec struct {
	name string
	// read makes an object, or a list, of its text, which is valid JSON and is not kept.
	read func(text []byte) (runtime.Object, error)
}

var _ runtime.NegotiatedSerializer = watchCodec{}

// SupportedMediaTypes implements runtime.NegotiatedSerializer.
func (c watchCodec) SupportedMediaTypes() []runtime.SerializerInfo {
	return []runtime.SerializerInfo{{
		MediaType: runtime.ContentTypeJSON, MediaTypeType: "application", MediaTypeSubType: "json", EncodesAsText: true,
		Serializer:       c,
		StreamSerializer: &runtime.StreamSerializerInfo{EncodesAsText: true, Serializer: c, Framer: frames{}},
	}}
}

// EncoderForVersion implements runtime.NegotiatedSerializer.
func (c watchCodec) EncoderForVersion(runtime.Encoder, runtime.GroupVersioner) runtime.Encoder {
	return c
}

// DecoderToVersion implements runtime.NegotiatedSerializer.
func (c watchCodec) DecoderToVersion(runtime.Decoder, runtime.GroupVersioner) runtime.Decoder {
	return c
}

// Identifier implements runtime.Encoder.
func (c watchCodec) Identifier() runtime.Identifier { return runtime.Identifier(c.name) }

// Encode implements runtime.Encoder. Bodies are sent as they are.
func (c watchCodec) Encode(runtime.Object, io.Writer) error {
	return fmt.Errorf("objects can not be encoded by the codec %q", c.name)
}

// Decode implements runtime.Decoder for the events of a watch, what is in them, and what
// the API server answers instead. The framer has seen that the text is valid JSON.
func (c watchCodec) Decode(text []byte, defaults *schema.GroupVersionKind, into runtime.Object) (runtime.Object, *schema.GroupVersionKind, error) {
	if event, ok := into.(*metav1.WatchEvent); ok {
		object := gjson.GetBytes(text, "object")
		if object.Index == 0 {
			return nil, nil, fmt.Errorf("read an event of a watch: it has no object: %.100q", text)
		}
		event.Type = gjson.GetBytes(text, "type").String()
		event.Object.Raw = text[object.Index : object.Index+len(object.Raw)] // read before the next event comes
		return event, nil, nil
	}
	if gjson.GetBytes(text, "apiVersion").String() == "v1" && gjson.GetBytes(text, "kind").String() == "Status" {
		return clientgoscheme.Codecs.UniversalDeserializer().Decode(text, defaults, into)
	}
	object, err := c.read(text)
	return object, nil, err
}

// storedCodec reads objects in the form in which the caches hold them.
var storedCodec = watchCodec{"stored", func(text []byte) (runtime.Object, error) {
	s, err := readStored(text)
	if err != nil {
		return nil, err // not a nil object in an interface
	}
	return s, nil
}}

// typedCodec reads objects of the kinds of a scheme, without their managed fields, and lists of
// them.
func typedCodec(scheme *runtime.Scheme) watchCodec {
	return watchCodec{"typed", func(text []byte) (runtime.Object, error) {
		kind := gjson.GetBytes(text, "kind").String()
		object, err := scheme.New(schema.FromAPIVersionAndKind(gjson.GetBytes(text, "apiVersion").String(), kind))
		if err != nil {
			return nil, fmt.Errorf("read an object: %w", err)
		}
		if err := utiljson.Unmarshal(withoutManagedFields(text), object); err != nil {
			return nil, fmt.Errorf("read a %s: %w", kind, err)
		}
		object.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{}) // who reads a typed object knows its kind
		return object, nil
	}}
}

// storedList is a list of stored objects.
type storedList struct {
	metav1.TypeMeta
	metav1.ListMeta
	Items []*stored
}

// DeepCopyObject implements runtime.Object.
func (l *storedList) DeepCopyObject() runtime.Object { return l }

// readStoredList reads a list as the API server writes it.
func readStoredList(text []byte) (*storedList, error) {
	list := &storedList{}
	if !gjson.ValidBytes(text) {
		return nil, fmt.Errorf("read a list of objects: it is no JSON: %.100q", text)
	}
	metadata := gjson.GetBytes(text, "metadata")
	list.ResourceVersion, list.Continue = metadata.Get("resourceVersion").String(), metadata.Get("continue").String()
	kind := fmt.Sprintf(`"apiVersion":%q,"kind":%q,`, gjson.GetBytes(text, "apiVersion").String(), strings.TrimSuffix(gjson.GetBytes(text, "kind").String(), "List"))
	var err error
	gjson.GetBytes(text, "items").ForEach(func(_, item gjson.Result) bool {
		raw := []byte(item.Raw)
		// Items of a list of a built-in kind come without it. An object without a kind would be
		// taken for another one than the owner's status names, which would then be removed.
		if item.IsObject() && !item.Get("kind").Exists() {
			raw = append([]byte("{"+kind), item.Raw[1:]...)
		}
		var s *stored
		s, err = readStored(raw)
		list.Items = append(list.Items, s)
		return err == nil
	})
	return list, err
}

// readAnswer reads the object that the API server answers to a write.
func readAnswer(text []byte) (*stored, error) {
	if !gjson.ValidBytes(text) {
		return nil, fmt.Errorf("decode the API server's answer: it is no JSON: %.100q", text)
	}
	s, err := readStored(text)
	if err != nil {
		return nil, fmt.Errorf("decode the API server's answer: %w", err)
	}
	return s, nil
}

// storedClient reads stored objects.
func storedClient(config *rest.Config) (*rest.RESTClient, error) {
	c := rest.CopyConfig(config)
	c.APIPath = "/"
	c.GroupVersion = &schema.GroupVersion{}
	c.ContentType = runtime.ContentTypeJSON
	c.AcceptContentTypes = runtime.ContentTypeJSON
	c.NegotiatedSerializer = storedCodec
	return rest.UnversionedRESTClientFor(c)
}

// storedLists lists and watches the objects of a resource that a label selector matches.
func storedLists(client rest.Interface, resource schema.GroupVersionResource, selector string) *cache.ListWatch {
	get := func(options metav1.ListOptions) *rest.Request {
		options.LabelSelector = selector
		return client.Get().AbsPath(collectionPath(resource, "")...).
			SpecificallyVersionedParams(&options, metav1.ParameterCodec, schema.GroupVersion{Version: "v1"})
	}
	return &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			text, err := answerOf(get(options).Do(ctx))
			if err != nil {
				return nil, err
			}
			list, err := readStoredList(text)
			if err != nil {
				return nil, err // not a nil list in an interface
			}
			return list, nil
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.Watch = true
			return get(options).Watch(ctx)
		},
	}
}
