package httpsource

import (
	"crypto/tls"
	"time"

	"github.com/loaderline/loaderline/internal/oauth"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/tlsfiles"
)

// openOAuth returns the tokens of a section, whose key is key. Without a tls of its own its connections have encryption, that of
// whom the tokens are for.
func openOAuth(file *pipelinefile.File, key string, o *pipelinefile.OAuth, timeout time.Duration, encryption func() *tls.Config, watch *tlsfiles.Watch) (*oauth.Tokens, error) {
	if o.TLS.Enabled {
		var err error
		if encryption, err = pipeline.RenewedTLS(file, key+".tls", o.TLS, watch); err != nil {
			return nil, err
		}
	}
	params := make(map[string]string, len(o.Params))
	for name, value := range o.Params {
		params[name] = value.Reveal()
	}
	tokens, err := oauth.New(oauth.Config{
		TokenURL: o.TokenURL, ClientID: o.ClientID, Scopes: o.Scopes, Params: params, InBody: o.Auth == pipelinefile.ClientAuthBody,
		RenewTLS: encryption, Timeout: timeout,
		ClientSecret: func() (string, error) { return file.Secret(key+".client_secret", o.ClientSecret) },
	})
	if err != nil {
		return nil, file.Errorf(key, "%v", err)
	}
	return tokens, nil
}
