package main

import (
	"context"
	"regexp"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/text/unicode/norm"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "example.com/peer/contactspb/messagecontacts/v1"
)

var (
	contactIDPattern   = regexp.MustCompile(`^c-[A-Za-z0-9]{16}$`)
	directoryIDPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	namePattern        = regexp.MustCompile(`^[A-Za-z\p{Han}]{2,12}$`)
	emailPattern       = regexp.MustCompile(`^[^\s@]{1,64}@[^\s@]+\.[^\s@]+$`)
	phonePattern       = regexp.MustCompile(`^86-1[3-9]\d{9}$`)
)

var allFields = []string{"name", "email_address", "phone_number", "title", "message_types"}

// writable is what both requests that write have.
type writable interface {
	GetName() string
	GetEmailAddress() string
	GetPhoneNumber() string
	GetTitle() pb.Title
	GetMessageTypes() []pb.MessageType
}

// fields are checked, in the form in which they are stored.
type fields struct {
	Name, EmailAddress, PhoneNumber, Title string
	MessageTypes                           []string
}

func invalid(field string) error {
	return status.Errorf(codes.InvalidArgument, "%s is invalid", field)
}

func directoryOf(ctx context.Context) (string, error) {
	values := metadata.ValueFromIncomingContext(ctx, "x-resource-directory-id")
	if len(values) != 1 || !directoryIDPattern.MatchString(values[0]) {
		return "", invalid("x-resource-directory-id")
	}
	return values[0], nil
}

// validFields checks the fields of these paths. The others stay empty.
func validFields(request writable, paths []string) (fields, error) {
	var checked fields
	if len(paths) == 0 {
		return checked, invalid("update_mask")
	}
	for _, path := range paths {
		isValid := false
		switch path {
		case "name":
			checked.Name = norm.NFC.String(request.GetName())
			isValid = namePattern.MatchString(checked.Name)
		case "email_address":
			checked.EmailAddress = request.GetEmailAddress()
			isValid = emailPattern.MatchString(checked.EmailAddress)
		case "phone_number":
			checked.PhoneNumber = request.GetPhoneNumber()
			isValid = phonePattern.MatchString(checked.PhoneNumber)
		case "title":
			checked.Title = titleName(request.GetTitle())
			isValid = isKnown(int32(request.GetTitle()), pb.Title_name)
		case "message_types":
			checked.MessageTypes, isValid = typeNames(request.GetMessageTypes())
		}
		if !isValid {
			return checked, invalid(path)
		}
	}
	return checked, nil
}

// isKnown is false for a number outside the enum, and for the one that stands for none.
func isKnown(number int32, names map[int32]string) bool {
	_, ok := names[number]
	return ok && number != 0
}

// typeNames gives each name once.
func typeNames(types []pb.MessageType) ([]string, bool) {
	names := make([]string, 0, len(types))
	for _, one := range types {
		if !isKnown(int32(one), pb.MessageType_name) {
			return nil, false
		}
		if name := typeName(one); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, len(names) > 0
}

// changes are what an update sets for these paths.
func (f fields) changes(paths []string) bson.D {
	changes := bson.D{}
	for _, path := range paths {
		switch path {
		case "name":
			changes = append(changes, bson.E{Key: "name", Value: f.Name})
		case "email_address":
			changes = append(changes, bson.E{Key: "email", Value: address{Address: f.EmailAddress}})
		case "phone_number":
			changes = append(changes, bson.E{Key: "phone", Value: address{Address: f.PhoneNumber}})
		case "title":
			changes = append(changes, bson.E{Key: "title", Value: f.Title})
		case "message_types":
			changes = append(changes, bson.E{Key: "messageTypes", Value: f.MessageTypes})
		}
	}
	return changes
}
