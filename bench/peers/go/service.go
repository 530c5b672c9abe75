package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "example.com/peer/contactspb/messagecontacts/v1"
)

const (
	contactsPerDirectory = 20
	defaultPageSize      = 20
)

// service has four operations: validate, one database command, answer.
type service struct {
	pb.UnimplementedMessageContactServiceServer
	contacts *mongo.Collection
}

func (s *service) AddMessageContact(
	ctx context.Context, request *pb.AddMessageContactRequest,
) (*pb.AddMessageContactResponse, error) {
	directoryID, err := directoryOf(ctx)
	if err != nil {
		return nil, err
	}
	fields, err := validFields(request, allFields)
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	stamp := writeStamp{uuid.NewString(), "AddMessageContact", directoryID, now}
	added := contact{
		ID:           newContactID(),
		DirectoryID:  directoryID,
		Slot:         rand.IntN(contactsPerDirectory),
		Name:         fields.Name,
		Email:        address{Address: fields.EmailAddress},
		Phone:        address{Address: fields.PhoneNumber},
		Title:        fields.Title,
		MessageTypes: fields.MessageTypes,
		CreateDate:   now,
		UpdateDate:   now,
		Revision:     1,
		Version:      1,
		LastWrite:    stamp,
	}
	if _, err := s.contacts.InsertOne(ctx, added); err != nil {
		return nil, refusalOf(err)
	}
	return &pb.AddMessageContactResponse{RequestId: stamp.RequestID, Contact: added.message()}, nil
}

func (s *service) GetMessageContact(
	ctx context.Context, request *pb.GetMessageContactRequest,
) (*pb.GetMessageContactResponse, error) {
	directoryID, err := directoryOf(ctx)
	if err != nil {
		return nil, err
	}
	if !contactIDPattern.MatchString(request.ContactId) {
		return nil, invalid("contact_id")
	}
	var found contact
	filter := bson.D{{Key: "_id", Value: request.ContactId}, {Key: "directoryId", Value: directoryID}}
	if err := s.contacts.FindOne(ctx, filter).Decode(&found); err != nil {
		return nil, refusalOf(err)
	}
	return &pb.GetMessageContactResponse{RequestId: uuid.NewString(), Contact: found.message()}, nil
}

func (s *service) ListMessageContacts(
	ctx context.Context, request *pb.ListMessageContactsRequest,
) (*pb.ListMessageContactsResponse, error) {
	directoryID, err := directoryOf(ctx)
	if err != nil {
		return nil, err
	}
	if request.PageSize < 0 {
		return nil, invalid("page_size")
	}
	limit := int64(request.PageSize)
	if limit == 0 {
		limit = defaultPageSize
	}
	filter := bson.D{{Key: "directoryId", Value: directoryID}}
	byName := options.Find().SetSort(bson.D{{Key: "name", Value: 1}}).SetLimit(limit)
	cursor, err := s.contacts.Find(ctx, filter, byName)
	if err != nil {
		return nil, refusalOf(err)
	}
	var found []contact
	if err := cursor.All(ctx, &found); err != nil {
		return nil, refusalOf(err)
	}
	response := &pb.ListMessageContactsResponse{RequestId: uuid.NewString(), TotalCount: int32(len(found))}
	for _, one := range found {
		response.Contacts = append(response.Contacts, one.message())
	}
	return response, nil
}

func (s *service) UpdateMessageContact(
	ctx context.Context, request *pb.UpdateMessageContactRequest,
) (*pb.UpdateMessageContactResponse, error) {
	directoryID, err := directoryOf(ctx)
	if err != nil {
		return nil, err
	}
	if !contactIDPattern.MatchString(request.ContactId) {
		return nil, invalid("contact_id")
	}
	paths := request.UpdateMask.GetPaths()
	fields, err := validFields(request, paths)
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	stamp := writeStamp{uuid.NewString(), "UpdateMessageContact", directoryID, now}
	change := append(fields.changes(paths),
		bson.E{Key: "updateDate", Value: now},
		bson.E{Key: "lastWrite", Value: stamp})
	update := bson.D{
		{Key: "$set", Value: change},
		{Key: "$inc", Value: bson.D{{Key: "revision", Value: 1}, {Key: "version", Value: 1}}},
	}
	filter := bson.D{{Key: "_id", Value: request.ContactId}, {Key: "directoryId", Value: directoryID}}
	after := options.FindOneAndUpdate().SetReturnDocument(options.After)
	var updated contact
	if err := s.contacts.FindOneAndUpdate(ctx, filter, update, after).Decode(&updated); err != nil {
		return nil, refusalOf(err)
	}
	return &pb.UpdateMessageContactResponse{RequestId: stamp.RequestID, Contact: updated.message()}, nil
}

func refusalOf(err error) error {
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return status.Error(codes.NotFound, "there is no such contact")
	case mongo.IsDuplicateKeyError(err):
		return status.Error(codes.AlreadyExists, "the name is already used")
	default:
		return status.Error(codes.Internal, "the database has failed")
	}
}
