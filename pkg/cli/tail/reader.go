package tail

import (
	"context"
	"io"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
)

// Reader opens the log of a container.
type Reader func(ctx context.Context, namespace, pod string, options *corev1.PodLogOptions) (io.ReadCloser, error)

// NewReader reads from the API server. It is a plain REST client: the typed one would
// bring a megabyte of code for this one call.
func NewReader(config *rest.Config) (Reader, error) {
	c := rest.CopyConfig(config)
	c.APIPath, c.GroupVersion, c.NegotiatedSerializer = "/api", &corev1.SchemeGroupVersion, scheme.Codecs.WithoutConversion()
	client, err := rest.RESTClientFor(c)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, namespace, pod string, options *corev1.PodLogOptions) (io.ReadCloser, error) {
		return client.Get().Namespace(namespace).Resource("pods").Name(pod).SubResource("log").VersionedParams(options, scheme.ParameterCodec).Stream(ctx)
	}, nil
}
