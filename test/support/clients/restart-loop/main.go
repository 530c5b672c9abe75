// Repeats calls until standard input ends, one after the other.
//
// The first line of standard input is the plan, as JSON. Prints a line after each round of the calls, and at last the failed calls as JSON.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

type plan struct {
	Address       string
	ServiceConfig string
	DirectoryId   string
	Calls         []struct {
		Path    string
		Request []byte
	}
}

// rawCodec passes messages on as bytes, so that no generated code is needed.
type rawCodec struct{}

func (rawCodec) Name() string                        { return "proto" }
func (rawCodec) Marshal(message any) ([]byte, error) { return *message.(*[]byte), nil }
func (rawCodec) Unmarshal(bytes []byte, message any) error {
	*message.(*[]byte) = bytes
	return nil
}

func main() {
	input := bufio.NewReader(os.Stdin)
	line, err := input.ReadBytes('\n')
	if err != nil {
		log.Fatal(err)
	}
	var todo plan
	if err := json.Unmarshal(line, &todo); err != nil {
		log.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, input)
		close(ended)
	}()
	failures, err := repeat(todo, ended)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(failures); err != nil {
		log.Fatal(err)
	}
}

func repeat(todo plan, ended <-chan struct{}) ([]string, error) {
	connection, err := grpc.NewClient(
		"passthrough:///"+todo.Address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(todo.ServiceConfig),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(rawCodec{})),
	)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	ctx := metadata.AppendToOutgoingContext(context.Background(), "x-resource-directory-id", todo.DirectoryId)
	failures := []string{}
	for {
		for _, call := range todo.Calls {
			var answer []byte
			if err := connection.Invoke(ctx, call.Path, &call.Request, &answer); err != nil {
				failures = append(failures, call.Path+": "+err.Error())
			}
		}
		fmt.Println("round")
		select {
		case <-ended:
			return failures, nil
		default:
		}
	}
}
