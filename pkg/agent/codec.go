package agent

import (
	"fmt"
	"io"
	"unsafe"

	"github.com/tidwall/gjson"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/jsonread"
)

// objectCodec has client-go read objects by a function of ours. The decoders of dynamic clients
// read each event four times over and make a tree of maps of it, managed fields and all, which
// is thrown away at once: a fifth of the agent's CPU in a burst, and most of what its garbage
// collector had to do. Those of typed clients read it as often.
type objectCodec struct {
	name string
	// read makes an object of its text, which is valid JSON and is not kept.
	read func(text []byte) (runtime.Object, error)
}

var _ runtime.NegotiatedSerializer = objectCodec{}

// SupportedMediaTypes implements runtime.NegotiatedSerializer.
func (c objectCodec) SupportedMediaTypes() []runtime.SerializerInfo {
	return []runtime.SerializerInfo{{
		MediaType: runtime.ContentTypeJSON, MediaTypeType: "application", MediaTypeSubType: "json", EncodesAsText: true,
		Serializer:       c,
		StreamSerializer: &runtime.StreamSerializerInfo{EncodesAsText: true, Serializer: c, Framer: frames{}},
	}}
}

// EncoderForVersion implements runtime.NegotiatedSerializer.
func (c objectCodec) EncoderForVersion(runtime.Encoder, runtime.GroupVersioner) runtime.Encoder {
	return c
}

// DecoderToVersion implements runtime.NegotiatedSerializer.
func (c objectCodec) DecoderToVersion(runtime.Decoder, runtime.GroupVersioner) runtime.Decoder {
	return c
}

// Identifier implements runtime.Encoder.
func (c objectCodec) Identifier() runtime.Identifier { return runtime.Identifier(c.name) }

// Encode implements runtime.Encoder. Bodies are sent as they are.
func (c objectCodec) Encode(runtime.Object, io.Writer) error {
	return fmt.Errorf("objects can not be encoded by the codec %q", c.name)
}

// Decode implements runtime.Decoder for the events of a watch, what is in them, and what
// the API server answers instead. The framer has seen that the text of an event is valid JSON.
func (c objectCodec) Decode(text []byte, defaults *schema.GroupVersionKind, into runtime.Object) (runtime.Object, *schema.GroupVersionKind, error) {
	if event, ok := into.(*metav1.WatchEvent); ok {
		object := look(text, "object")
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

// look finds a value in a text. Unlike gjson.GetBytes it copies nothing: what it returns is part
// of the text, and good as long as that.
func look(text []byte, path string) gjson.Result {
	return gjson.Get(unsafe.String(unsafe.SliceData(text), len(text)), path)
}

// storedCodec reads objects in the form in which the caches hold them.
var storedCodec = objectCodec{"stored", func(text []byte) (runtime.Object, error) {
	s, err := readStored(text)
	if err != nil {
		return nil, err // not a nil object in an interface
	}
	return s, nil
}}

// cartoCodec reads objects of carto.run as typed ones, without their managed fields.
var cartoCodec = objectCodec{"carto", func(text []byte) (runtime.Object, error) {
	version, name := gjson.GetBytes(text, "apiVersion").String(), gjson.GetBytes(text, "kind").String()
	kind := v1alpha1.KindOf(name)
	if kind == nil || version != v1alpha1.GroupVersion.String() {
		return nil, fmt.Errorf("read an object: there is no kind %q in version %q of carto.run", name, version)
	}
	text = withoutManagedFields(text)
	object := kind.New()
	if err := jsonread.Into(text, object); err != nil {
		if object, err = readPart(kind, text, err); err != nil {
			return nil, fmt.Errorf("read a %s: %w", name, err)
		}
	} else {
		object.SetManagedFields(nil) // those that were spelled in another way than the API server's
	}
	object.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{}) // who reads a typed object knows its kind
	return object, nil
}}

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

// codecClient reads objects of any kind by a codec.
func codecClient(config *rest.Config, codec objectCodec) (*rest.RESTClient, error) {
	c := rest.CopyConfig(config)
	c.APIPath = "/"
	c.GroupVersion = &schema.GroupVersion{}
	c.ContentType = runtime.ContentTypeJSON
	c.AcceptContentTypes = runtime.ContentTypeJSON
	c.NegotiatedSerializer = codec
	return rest.UnversionedRESTClientFor(c)
}
