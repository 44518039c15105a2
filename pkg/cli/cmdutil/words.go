package cmdutil

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"syscall"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

// Words are what a person is told about an error: what the command attempted, in its own
// words, and behind it why the cluster could not be asked, in ours. Errors of the network
// and of credentials come from deep inside client-go, know neither context nor user, and
// give no advice.
func (f *Factory) Words(err error) string {
	text := err.Error()
	if joined, ok := err.(interface{ Unwrap() []error }); ok { // the outermost only: what it wraps is in its text
		var lines []string
		for _, one := range joined.Unwrap() {
			lines = append(lines, f.Words(one))
		}
		if text == errors.Join(joined.Unwrap()...).Error() {
			return strings.Join(lines, "\n")
		}
	}
	var config *ConfigError
	if errors.As(err, &config) {
		return config.Error()
	}
	inner, told := "", ""
	var request *url.Error
	switch {
	case errors.As(err, &request) && !f.asksCluster(request):
		return text // of a registry, or of where a file is: it names the server itself
	case errors.As(err, &request):
		inner, told = request.Error(), unreachable(request.Err, f.Connection())
	case plainHTTP(err):
		inner, told = status(err), fmt.Sprintf("%s speaks TLS only; write https:// in its address", f.Connection())
	case apierrors.IsUnauthorized(err):
		inner, told = status(err), unauthorized(f.Connection())
	case apierrors.IsForbidden(err):
		inner, told = status(err), forbidden(status(err), f.Connection())
	}
	if told == "" {
		return text
	}
	if inner == "" || !strings.Contains(text, inner) {
		return text + ": " + told
	}
	return strings.Replace(text, inner, told, 1)
}

// asksCluster tells whether a request was one to the API server. Where nothing says what
// its address is, it was.
func (f *Factory) asksCluster(request *url.Error) bool {
	config, err := f.Config.ToRawKubeConfigLoader().ClientConfig()
	if err != nil {
		return true
	}
	server, _, err := rest.DefaultServerURL(config.Host, config.APIPath, schema.GroupVersion{}, true)
	if err != nil {
		return true
	}
	asked, err := url.Parse(request.URL)
	return err != nil || asked.Host == server.Host
}

// status is the text of the API server's answer within an error.
func status(err error) string {
	var answer *apierrors.StatusError
	if !errors.As(err, &answer) {
		return ""
	}
	return answer.Error()
}

// Unreachable tells whether the API server gave no answer, or none to these credentials:
// nothing else can be asked either.
func Unreachable(err error) bool {
	var config *ConfigError
	var request *url.Error
	return errors.As(err, &config) || errors.As(err, &request) || apierrors.IsUnauthorized(err) || plainHTTP(err)
}

// plainHTTP recognizes the answer of Go's TLS server to a request without TLS, which looks
// like a fault of the request.
func plainHTTP(err error) bool {
	var answer *apierrors.StatusError
	if !apierrors.IsBadRequest(err) || !errors.As(err, &answer) || answer.ErrStatus.Details == nil {
		return false
	}
	for _, cause := range answer.ErrStatus.Details.Causes {
		if strings.Contains(cause.Message, "HTTP request to an HTTPS server") {
			return true
		}
	}
	return false
}

func unreachable(err error, c Connection) string {
	var (
		authority   x509.UnknownAuthorityError
		host        x509.HostnameError
		certificate x509.CertificateInvalidError
		verify      *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
		lookup      *net.DNSError
		network     net.Error
	)
	switch {
	case errors.Is(err, context.Canceled):
		return ""
	case strings.Contains(err.Error(), "getting credentials"):
		return fmt.Sprintf("no credentials for user %q of %s: %v; run the program that gives them by hand, or log in again", c.User, c, err)
	case errors.As(err, &authority):
		return fmt.Sprintf("the certificate of %s is signed by nobody that the kubeconfig trusts: %v; has the cluster been made anew? Fetch its kubeconfig again, or name the authority with --certificate-authority", c, err)
	case errors.As(err, &host):
		return fmt.Sprintf("the certificate of %s is for another host: %v; correct the server in the kubeconfig, or name the host with --tls-server-name", c, err)
	case errors.As(err, &certificate), errors.As(err, &verify):
		return fmt.Sprintf("the certificate of %s does not hold: %v; check the clock of this machine, and the kubeconfig", c, err)
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return fmt.Sprintf("%s does not speak TLS: %v; is its address http:// instead of https://, or another port?", c, err)
	case errors.As(err, &alert):
		return fmt.Sprintf("%s refused the connection: %v; the certificate of user %q may have expired", c, err, c.User)
	case errors.As(err, &lookup) && !lookup.IsTimeout:
		return fmt.Sprintf("the host of %s is not known: %v; check the server in the kubeconfig, and whether a VPN is needed", c, err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("nothing answers at %s: connection refused; is the cluster running? %s", c, OtherContext)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return fmt.Sprintf("no answer from %s in time; is a VPN or a proxy needed? %s", c, OtherContext)
	}
	return fmt.Sprintf("cannot talk to %s: %v; %s", c, err, OtherContext)
}

// OtherContext is the advice where another cluster may be meant; it ends what Words says.
const OtherContext = "See kubectl config get-contexts, and choose with --context"

func unauthorized(c Connection) string {
	who := fmt.Sprintf("user %q", c.User)
	if c.User == "" {
		who = "this user"
	}
	return fmt.Sprintf("%s does not accept the credentials of %s; they may have expired: log in again, or choose another user with --context or --user", c, who)
}

// The API server says it in one form, in which all is known.
var refusal = regexp.MustCompile(`User "([^"]*)" cannot (\S+) resource "([^"]*)" in API group "([^"]*)"(?: in the namespace "([^"]*)")?`)

// NoPermission says in a few words what the API server refuses: "no permission to get
// pods/log in namespace shop"; empty for all other errors.
func NoPermission(err error) string {
	m := refusal.FindStringSubmatch(status(err))
	if m == nil || !apierrors.IsForbidden(err) {
		return ""
	}
	text := "no permission to " + m[2] + " " + m[3]
	if m[4] != "" {
		text += "." + m[4]
	}
	if m[5] != "" {
		text += " in namespace " + m[5]
	}
	return text
}

func forbidden(answer string, c Connection) string {
	m := refusal.FindStringSubmatch(answer)
	if m == nil {
		return ""
	}
	user, verb, resource, group, namespace := m[1], m[2], m[3], m[4], m[5]
	if group != "" {
		resource += "." + group
	}
	where, flags := "in the whole cluster", "-A"
	if namespace != "" {
		where, flags = fmt.Sprintf("in namespace %q", namespace), "-n "+namespace
	}
	if c.As != "" {
		flags += " --as " + c.As
	}
	said := ""
	if i := strings.Index(answer, m[0]); i >= 0 {
		said = strings.TrimPrefix(answer[i+len(m[0]):], " at the cluster scope") // the authorizer's own reason
	}
	return fmt.Sprintf("user %q may not %s %s %s%s; who administers the cluster can allow it; see: kubectl auth can-i %[2]s %[3]s %[6]s", user, verb, resource, where, said, flags)
}
