package agent

import (
	"container/list"
	"context"
	"fmt"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
)

// maxAccountClients bounds the cache of clients. A client is small, because all share
// one transport; the bound is against a tenant who names accounts without end. A namespace
// has no share of its own: a client that was dropped for those of others is made anew within
// microseconds, and nothing is lost with it.
const maxAccountClients = 1024

// unthrottled returns a copy of a configuration without client-side rate limits: the
// number of workers bounds the requests in flight, and the API server's own priority
// and fairness decides about the rest.
func unthrottled(config *rest.Config, userAgent string) *rest.Config {
	c := rest.CopyConfig(config)
	c.QPS = -1
	c.UserAgent = userAgent
	c.WarningHandlerWithContext = rest.NoWarnings{}
	return c
}

// cartoClient is a typed client for the kinds of carto.run. It sends bodies as they are.
func cartoClient(config *rest.Config) (*rest.RESTClient, error) {
	c := rest.CopyConfig(config)
	c.APIPath = "/apis"
	c.GroupVersion = &v1alpha1.GroupVersion
	c.ContentType = runtime.ContentTypeJSON
	c.NegotiatedSerializer = cartoCodec
	return rest.RESTClientFor(c)
}

// rawClient sends and receives bodies as they are.
func rawClient(config *rest.Config) (*rest.RESTClient, error) {
	c := rest.CopyConfig(config)
	c.APIPath = "/"
	c.GroupVersion = &schema.GroupVersion{}
	c.ContentType = runtime.ContentTypeJSON
	c.NegotiatedSerializer = clientgoscheme.Codecs.WithoutConversion()
	return rest.UnversionedRESTClientFor(c)
}

// accountClients makes clients that act as service accounts, by impersonation: the API
// server then authorizes every write as if the account had sent it. Nothing else of
// the agent's identity is left in them but the connection.
type accountClients struct {
	config *rest.Config

	mu     sync.Mutex
	byName map[realize.Account]*list.Element
	recent *list.List // of accountClient, the most recently used first
}

type accountClient struct {
	account realize.Account
	client  *rest.RESTClient
}

func newAccountClients(config *rest.Config) *accountClients {
	return &accountClients{config: config, byName: map[realize.Account]*list.Element{}, recent: list.New()}
}

func (c *accountClients) get(account realize.Account) (*rest.RESTClient, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element := c.byName[account]; element != nil {
		c.recent.MoveToFront(element)
		return element.Value.(accountClient).client, nil
	}
	config := rest.CopyConfig(c.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: fmt.Sprintf("system:serviceaccount:%s:%s", account.Namespace, account.Name)}
	client, err := rawClient(config)
	if err != nil {
		return nil, fmt.Errorf("build a client for service account %s: %w", account, err)
	}
	c.byName[account] = c.recent.PushFront(accountClient{account, client})
	if c.recent.Len() > maxAccountClients {
		oldest := c.recent.Back()
		delete(c.byName, c.recent.Remove(oldest).(accountClient).account)
	}
	return client, nil
}

// forget drops the client of an account that is gone.
func (c *accountClients) forget(account realize.Account) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element := c.byName[account]; element != nil {
		c.recent.Remove(element)
		delete(c.byName, account)
	}
}

// asOurs marks a write as Carto's. The API server need not look for fields that a schema
// does not know in order to warn of them, which nobody would read: for that it parses the
// body of an apply a second time, as YAML. What is an error without it stays one.
func asOurs(request *rest.Request) *rest.Request {
	return request.Param("fieldManager", v1alpha1.FieldManager).Param("fieldValidation", metav1.FieldValidationIgnore)
}

// objectPath is the URL path of a namespaced object.
func objectPath(gvr schema.GroupVersionResource, namespace, name string) []string {
	return append(collectionPath(gvr, namespace), name)
}

// collectionPath is the URL path of the objects of a namespace, or of all when it is
// empty.
func collectionPath(gvr schema.GroupVersionResource, namespace string) []string {
	path := []string{"apis", gvr.Group, gvr.Version}
	if gvr.Group == "" {
		path = []string{"api", gvr.Version}
	}
	if namespace != "" {
		path = append(path, "namespaces", namespace)
	}
	return append(path, gvr.Resource)
}

// accountAnswer is answerOf for a request as a service account. That the agent itself may
// not act as the account is told apart from what the account may not do.
func accountAnswer(result rest.Result) ([]byte, error) {
	body, err := answerOf(result)
	if apierrors.IsForbidden(err) && strings.Contains(err.Error(), "cannot impersonate") {
		return nil, fmt.Errorf("%w: %w", realize.ErrNoCredentials, err)
	}
	return body, err
}

// answerOf is the body of an answer. Result.Raw alone would lose what the API server says
// in an error.
func answerOf(result rest.Result) ([]byte, error) {
	if err := result.Error(); err != nil {
		return nil, err
	}
	return result.Raw()
}

// read reads a stamped object with the agent's own rights, for what the caches do not tell.
func (a *Agent) read(ctx context.Context, rest realize.Resource, key objectKey) ([]byte, error) {
	return answerOf(a.own.Get().AbsPath(objectPath(rest.GroupVersionResource, key.Namespace, key.Name)...).Do(ctx))
}

// metadataOnly asks the API server for an answer without the object's body.
const metadataOnly = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"

// closeIdle drops the connections of a configuration's shared transport.
func closeIdle(config *rest.Config) {
	if transport, err := rest.TransportFor(config); err == nil {
		utilnet.CloseIdleConnectionsFor(transport) // it is wrapped, and http.Client does not look inside
	}
}
