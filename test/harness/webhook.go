package harness

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Webhook is a validating admission webhook on loopback, which sees what is created and updated in one namespace and
// allows all of it, in its own time.
type Webhook struct {
	server *httptest.Server
	client kubernetes.Interface
	name   string
	stop   context.CancelFunc

	asked, answered atomic.Int64
}

// StartWebhook starts one and registers it. Group and resource are as in a webhook's rules: "*" is all of them. Wait is called
// for each request, with a context that ends when the API server no longer waits, after 30 s, or when the webhook stops; it is
// allowed when wait returns before that.
func StartWebhook(ctx context.Context, config *rest.Config, namespace, group, resource string, wait func(context.Context)) (*Webhook, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("start a webhook: %w", err)
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	w := &Webhook{client: client, name: "slow-" + namespace, stop: stop}
	w.server = httptest.NewUnstartedServer(http.HandlerFunc(func(out http.ResponseWriter, request *http.Request) {
		w.asked.Add(1)
		until, cancel := context.WithCancel(request.Context())
		defer cancel()
		defer context.AfterFunc(serving, cancel)()
		w.serve(until, out, request, wait)
	}))
	w.server.Config.ErrorLog = log.New(io.Discard, "", 0) // connections that the API server gives up
	w.server.StartTLS()
	if err := w.register(ctx, namespace, group, resource); err != nil {
		return nil, errors.Join(err, w.Stop())
	}
	return w, nil
}

func (w *Webhook) serve(ctx context.Context, out http.ResponseWriter, request *http.Request, wait func(context.Context)) {
	var review admissionv1.AdmissionReview
	if err := json.NewDecoder(request.Body).Decode(&review); err != nil || review.Request == nil {
		http.Error(out, "not a review", http.StatusBadRequest)
		return
	}
	if wait(ctx); ctx.Err() != nil {
		return // nobody waits for the answer
	}
	review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
	review.Request = nil
	if json.NewEncoder(out).Encode(review) == nil {
		w.answered.Add(1)
	}
}

func (w *Webhook) register(ctx context.Context, namespace, group, resource string) error {
	url, none, timeout := w.server.URL, admissionregistrationv1.SideEffectClassNone, int32(30)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.server.Certificate().Raw})
	_, err := w.client.AdmissionregistrationV1().ValidatingWebhookConfigurations().Create(ctx, &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: w.name},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{{
			Name:                    "slow.bench.carto.run",
			ClientConfig:            admissionregistrationv1.WebhookClientConfig{URL: &url, CABundle: authority},
			NamespaceSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}},
			SideEffects:             &none,
			TimeoutSeconds:          &timeout,
			AdmissionReviewVersions: []string{"v1"},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{group}, APIVersions: []string{"*"}, Resources: []string{resource}},
			}},
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("register a webhook: %w", err)
	}
	return nil
}

// Asked is how many requests have reached it.
func (w *Webhook) Asked() int { return int(w.asked.Load()) }

// Answered is how many of them it has answered.
func (w *Webhook) Answered() int { return int(w.answered.Load()) }

// Stop takes the webhook away; what waits for it is refused.
func (w *Webhook) Stop() error {
	err := w.client.AdmissionregistrationV1().ValidatingWebhookConfigurations().Delete(context.Background(), w.name, metav1.DeleteOptions{})
	w.stop()
	w.server.Close()
	if err != nil {
		return fmt.Errorf("take away a webhook: %w", err)
	}
	return nil
}
