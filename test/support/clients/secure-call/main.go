// Makes one call over TLS, of bytes that it neither makes nor understands.
//
//	secure-call ADDRESS PATH CA [CERTIFICATE KEY]
//
// The three files are PEM. Prints one JSON object: code, and the answer as hexadecimal text.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"log"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
)

const timeout = 20 * time.Second

// Leaves bytes as they are.
type bytesCodec struct{}

func (bytesCodec) Marshal(value any) ([]byte, error) { return *value.(*[]byte), nil }

func (bytesCodec) Unmarshal(data []byte, value any) error {
	*value.(*[]byte) = append([]byte(nil), data...)
	return nil
}

func (bytesCodec) Name() string { return "proto" }

func main() {
	address, path := os.Args[1], os.Args[2]
	// The service runs on this machine: a proxy of the environment does not reach it.
	connection, err := grpc.NewClient(address, grpc.WithNoProxy(), grpc.WithTransportCredentials(credentials.NewTLS(config(os.Args[3:]))))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	var request, answer []byte
	err = connection.Invoke(ctx, path, &request, &answer, grpc.ForceCodec(bytesCodec{}))
	result := map[string]any{"code": status.Code(err), "answer": hex.EncodeToString(answer)}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		log.Fatal(err)
	}
}

func config(files []string) *tls.Config {
	ca, err := os.ReadFile(files[0])
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	result := &tls.Config{RootCAs: roots}
	if len(files) > 1 {
		pair, err := tls.LoadX509KeyPair(files[1], files[2])
		if err != nil {
			log.Fatal(err)
		}
		result.Certificates = []tls.Certificate{pair}
	}
	return result
}
