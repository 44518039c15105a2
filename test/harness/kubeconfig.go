package harness

import (
	"context"
	"fmt"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// tokenLife is longer than any test or demo runs.
const tokenLife = 24 * time.Hour

// WriteKubeconfig writes a file with which a program, such as the agent, is a service account instead of the administrator.
func (cp *ControlPlane) WriteKubeconfig(ctx context.Context, namespace, account, path string) error {
	client, err := kubernetes.NewForConfig(cp.Config)
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	seconds := int64(tokenLife.Seconds())
	token, err := client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, account,
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("get a token for the service account %s/%s: %w", namespace, account, err)
	}
	const cluster = "cluster"
	config := clientcmdapi.NewConfig()
	config.Clusters[cluster] = &clientcmdapi.Cluster{Server: cp.Server, CertificateAuthority: cp.Config.CAFile, CertificateAuthorityData: cp.Config.CAData}
	config.AuthInfos[account] = &clientcmdapi.AuthInfo{Token: token.Status.Token}
	config.Contexts[cluster] = &clientcmdapi.Context{Cluster: cluster, AuthInfo: account}
	config.CurrentContext = cluster
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return fmt.Errorf("write a kubeconfig of the service account %s/%s: %w", namespace, account, err)
	}
	return nil
}

// As is a configuration in the name of a service account; the API server adds the account's groups.
func As(config *rest.Config, namespace, account string) *rest.Config {
	c := rest.CopyConfig(config)
	c.Impersonate.UserName = "system:serviceaccount:" + namespace + ":" + account
	return c
}
