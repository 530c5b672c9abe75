// A command-line client for Message Contacts. README.md shows how to generate the package contactspb.
//
//	contacts add Tom tom@example.com 86-13900001234
//	contacts list
//	contacts add-type c-qL4HqKONzOM7b2Xd SECURITY_MESSAGE
//	contacts send-code c-qL4HqKONzOM7b2Xd tom@example.com
//	contacts confirm c-qL4HqKONzOM7b2Xd tom@example.com 123456
//	contacts delete c-qL4HqKONzOM7b2Xd
package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	pb "example.com/contacts/contactspb/messagecontacts/v1"
)

const (
	// The deadline of one call. A shorter one in the service config counts.
	timeout     = 5 * time.Second
	maxAttempts = 3
	// Limits over time ask for longer waits; those are for people to decide.
	maxWait  = 10 * time.Second
	pageSize = 10
)

// contacts are those of one directory.
type contacts struct {
	client    pb.MessageContactServiceClient
	directory string
}

// attempt makes one call with a deadline.
func attempt[Response any](c contacts, call func(context.Context) (Response, error)) (Response, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return call(metadata.AppendToOutgoingContext(ctx, "x-resource-directory-id", c.directory))
}

func (c contacts) add(name, emailAddress, phoneNumber string) (*pb.MessageContact, error) {
	request := &pb.AddMessageContactRequest{
		Name:         name,
		EmailAddress: emailAddress,
		PhoneNumber:  phoneNumber,
		Title:        pb.Title_TITLE_OTHER,
		MessageTypes: []pb.MessageType{pb.MessageType_MESSAGE_TYPE_SERVICE_MESSAGE},
		// With a token, a repeated call returns the contact of the first one and adds no second contact.
		ClientToken: rand.Text(),
	}
	for number := 1; ; number++ {
		response, err := attempt(c, func(ctx context.Context) (*pb.AddMessageContactResponse, error) {
			return c.client.AddMessageContact(ctx, request)
		})
		wait, canRetry := retryWait(err)
		if err == nil || !canRetry || number == maxAttempts {
			return response.GetContact(), err
		}
		time.Sleep(wait * time.Duration(number))
	}
}

func (c contacts) list(show func(*pb.MessageContact)) error {
	request := &pb.ListMessageContactsRequest{PageSize: pageSize}
	for {
		response, err := attempt(c, func(ctx context.Context) (*pb.ListMessageContactsResponse, error) {
			return c.client.ListMessageContacts(ctx, request)
		})
		if err != nil {
			return err
		}
		for _, contact := range response.Contacts {
			show(contact)
		}
		if response.NextPageToken == "" {
			return nil
		}
		request.PageToken = response.NextPageToken
	}
}

func (c contacts) addType(contactID string, messageType pb.MessageType) (*pb.MessageContact, error) {
	for number := 1; ; number++ {
		read, err := attempt(c, func(ctx context.Context) (*pb.GetMessageContactResponse, error) {
			return c.client.GetMessageContact(ctx, &pb.GetMessageContactRequest{ContactId: contactID})
		})
		if err != nil {
			return nil, err
		}
		request := &pb.UpdateMessageContactRequest{
			ContactId:    contactID,
			MessageTypes: append(read.Contact.MessageTypes, messageType),
			// Only this field is changed.
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"message_types"}},
			// The call is refused if somebody else has changed the contact after it was read.
			Etag: read.Contact.Etag,
		}
		response, err := attempt(c, func(ctx context.Context) (*pb.UpdateMessageContactResponse, error) {
			return c.client.UpdateMessageContact(ctx, request)
		})
		if info := detail[*errdetails.ErrorInfo](err); info.GetReason() != "ETAG_MISMATCH" || number == maxAttempts {
			return response.GetContact(), err
		}
	}
}

func (c contacts) sendCode(contactID, emailAddress string) (time.Time, error) {
	request := &pb.SendEmailVerificationForMessageContactRequest{ContactId: contactID, EmailAddress: emailAddress}
	response, err := attempt(c, func(ctx context.Context) (*pb.SendEmailVerificationForMessageContactResponse, error) {
		return c.client.SendEmailVerificationForMessageContact(ctx, request)
	})
	return response.GetExpireDate().AsTime(), err
}

func (c contacts) confirm(contactID, emailAddress, code string) (*pb.MessageContact, error) {
	request := &pb.ConfirmMessageContactVerificationRequest{
		ContactId: contactID,
		Target:    &pb.ConfirmMessageContactVerificationRequest_EmailAddress{EmailAddress: emailAddress},
		Code:      code,
	}
	response, err := attempt(c, func(ctx context.Context) (*pb.ConfirmMessageContactVerificationResponse, error) {
		return c.client.ConfirmMessageContactVerification(ctx, request)
	})
	return response.GetContact(), err
}

func (c contacts) delete(contactID string) error {
	_, err := attempt(c, func(ctx context.Context) (*pb.DeleteMessageContactResponse, error) {
		return c.client.DeleteMessageContact(ctx, &pb.DeleteMessageContactRequest{ContactId: contactID})
	})
	return err
}

// detail gives the detail of a refusal that has this type; the zero value if there is none.
func detail[Detail any](err error) (found Detail) {
	for _, any := range status.Convert(err).Details() {
		if detail, ok := any.(Detail); ok {
			return detail
		}
	}
	return found
}

// retryWait gives the minimum wait before a call is repeated, and whether repeating it helps.
func retryWait(err error) (time.Duration, bool) {
	info := detail[*errdetails.RetryInfo](err)
	wait := info.GetRetryDelay().AsDuration()
	return wait, info != nil && wait <= maxWait
}

func describe(err error) string {
	info := detail[*errdetails.ErrorInfo](err)
	refused := status.Convert(err)
	if info == nil {
		return fmt.Sprintf("%s: %s", refused.Code(), refused.Message())
	}
	lines := []string{fmt.Sprintf("%s: %s", info.Reason, refused.Message())}
	for _, violation := range detail[*errdetails.BadRequest](err).GetFieldViolations() {
		lines = append(lines, fmt.Sprintf("  %s: %s", violation.Field, violation.Description))
	}
	return strings.Join(append(lines, "  request id: "+info.Metadata["requestId"]), "\n")
}

func show(contact *pb.MessageContact) {
	types := make([]string, len(contact.MessageTypes))
	for index, messageType := range contact.MessageTypes {
		types[index] = strings.TrimPrefix(messageType.String(), "MESSAGE_TYPE_")
	}
	state := strings.TrimPrefix(contact.Status.String(), "MESSAGE_CONTACT_STATUS_")
	fmt.Println(contact.ContactId, contact.Name, contact.EmailAddress, state, strings.Join(types, ","))
}

func (c contacts) run(command string, arguments []string) (err error) {
	var contact *pb.MessageContact
	argument := func(index int) string {
		if index >= len(arguments) {
			fmt.Fprintln(os.Stderr, "missing argument; see README.md")
			os.Exit(2)
		}
		return arguments[index]
	}
	switch command {
	case "add":
		contact, err = c.add(argument(0), argument(1), argument(2))
	case "list":
		err = c.list(show)
	case "add-type":
		contact, err = c.addType(argument(0), pb.MessageType(pb.MessageType_value["MESSAGE_TYPE_"+argument(1)]))
	case "send-code":
		expireDate, failed := c.sendCode(argument(0), argument(1))
		if err = failed; err == nil {
			fmt.Printf("The code is valid until %s.\n", expireDate.Format("2006-01-02T15:04:05.000Z"))
		}
	case "confirm":
		contact, err = c.confirm(argument(0), argument(1), argument(2))
	case "delete":
		err = c.delete(argument(0))
	}
	if err == nil && contact != nil {
		show(contact)
	}
	return err
}

func main() {
	address := flag.String("address", "127.0.0.1:50051", "host:port of the service")
	directory := flag.String("directory", "development", "the resource directory of the contacts")
	serviceConfigFile := flag.String("service-config", "../../proto/service-config.json", "deadlines and retries")
	flag.Parse()
	// Deadlines and retries for every operation. gRPC repeats only the operations that are safe to repeat.
	serviceConfig, err := os.ReadFile(*serviceConfigFile)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	connection, err := grpc.NewClient(*address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(string(serviceConfig)))
	if err == nil {
		client := contacts{client: pb.NewMessageContactServiceClient(connection), directory: *directory}
		err = client.run(flag.Arg(0), flag.Args()[min(1, flag.NArg()):])
		connection.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", describe(err))
		os.Exit(1)
	}
}
