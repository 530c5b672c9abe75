// Lists contacts over TLS, with an API token or with a client certificate, as docs/clients.md shows it.
//
// credentials token|certificate FOLDER ADDRESS: FOLDER has ca.crt, and a file `token` or client.crt and client.key. Prints the code of
// the answer.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
)

type bearer string

func (token bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(token)}, nil
}
func (bearer) RequireTransportSecurity() bool { return true }

// rawCodec passes messages on as bytes, so that no generated code is needed.
type rawCodec struct{}

func (rawCodec) Name() string                        { return "proto" }
func (rawCodec) Marshal(message any) ([]byte, error) { return *message.(*[]byte), nil }
func (rawCodec) Unmarshal(bytes []byte, message any) error {
	*message.(*[]byte) = bytes
	return nil
}

func read(path string) []byte {
	content, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	return content
}

func connect(kind, folder, address string) (*grpc.ClientConn, error) {
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(read(folder + "/ca.crt"))
	if kind == "token" {
		token := string(read(folder + "/token"))
		return grpc.NewClient(address,
			grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: authorities})),
			grpc.WithPerRPCCredentials(bearer(token)))
	}
	certificate, err := tls.LoadX509KeyPair(folder+"/client.crt", folder+"/client.key")
	if err != nil {
		return nil, err
	}
	return grpc.NewClient(address, grpc.WithTransportCredentials(credentials.NewTLS(
		&tls.Config{RootCAs: authorities, Certificates: []tls.Certificate{certificate}})))
}

func main() {
	conn, err := connect(os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var request, answer []byte
	err = conn.Invoke(ctx, "/messagecontacts.v1.MessageContactService/ListMessageContacts", &request, &answer,
		grpc.ForceCodec(rawCodec{}))
	fmt.Println(status.Code(err))
}
