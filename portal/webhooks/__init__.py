"""Webhooks: endpoints and deliveries, the publishing of events, the sender that calls no address it must not."""
