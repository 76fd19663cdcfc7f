"""The terms of the Data Privacy Vocabulary that a notice may use, and a notice as a JSON-LD document.

The vocabulary is that of the W3C Community Group, version 2.3: https://w3id.org/dpv. A test compares every
term used here with the published ones.
"""

from __future__ import annotations

__all__ = ["LEGAL_BASES", "PURPOSES", "VERSION"]

VERSION = "2.3"

PURPOSES: dict[str, str] = {
    "AccountManagement": "to keep an account and let its owner use it",
    "CommunicationForCustomerCare": "to answer questions and complaints",
    "CommunicationManagement": "to connect people and carry what they say to one another",
    "CustomerCare": "to help when something does not work",
    "DirectMarketing": "to send news about the service to those who asked for it",
    "EnforceSecurity": "to find and stop attacks",
    "EstablishContractualAgreement": "to come to a contract, or to a trial of the service",
    "FulfilmentOfContractualObligation": "to do what the contract says",
    "IdentityAuthentication": "to make sure that only the owner gets in",
    "IncreaseServiceRobustness": "to find and repair faults",
    "InternalResourceOptimisation": "to plan how large the servers must be",
    "LegalCompliance": "to do what a law demands",
    "MisusePreventionAndDetection": "to notice and end misuse",
    "PaymentManagement": "to be paid for the service",
    "PublicBenefit": "to carry out a task in the public interest",
    "RecordManagement": "to keep records that can be looked up later",
    "RecruitmentApplicationManagement": "to deal with an application for a job",
    "RequestedServiceProvision": "to do what somebody asked for",
    "RightsFulfilment": "to answer people who exercise their rights",
    "ServiceMonitoring": "to see whether the service works well",
    "ServicePersonalisation": "to offer the service in a way that suits the person",
    "ServiceProvision": "to provide the service",
    "ServiceRegistration": "to sign people up for the service, a seminar or a trial",
    "ServiceUsageAnalytics": "to understand how the service is used",
    "TechnicalServiceProvision": "to run the machines and lines that the service needs",
    "UserInterfacePersonalisation": "to remember language and look of the pages",
}
"""Purposes (https://w3id.org/dpv#…) with what we mean by them."""

LEGAL_BASES: dict[str, str] = {
    "Consent": "A6-1-a",
    "Contract": "A6-1-b",
    "LegalObligation": "A6-1-c",
    "PublicInterest": "A6-1-e",
    "LegitimateInterest": "A6-1-f",
}
"""Legal bases (https://w3id.org/dpv#…) with the letter of GDPR Art. 6 (1) (https://w3id.org/dpv/legal/eu/gdpr#…)."""
